package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.net.Cidr;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which resolver pods are given, where it is not the cluster's (Kubernetes docs, "DNS for Services
 * and Pods").
 *
 * @param servers {@code clusterDNS}; empty: the cluster's DNS Service
 * @param domain {@code clusterDomain}; empty: the cluster's
 * @param resolvConf the file that stands for the host's resolver; an empty text for none, and
 *     nothing for the host's own
 */
public record DnsChoice(List<String> servers, String domain, Optional<String> resolvConf) {
  public static final DnsChoice CLUSTER = new DnsChoice(List.of(), "", Optional.empty());

  public DnsChoice {
    servers = List.copyOf(servers);
  }

  /**
   * @throws IllegalArgumentException of what is no address, and of a file that cannot be read
   */
  static DnsChoice parse(JsonNode document) {
    List<String> servers = new ArrayList<>();
    for (JsonNode server : document.path("clusterDNS")) {
      if (Cidr.number(server.asText()).isEmpty()) {
        throw new IllegalArgumentException(
            "invalid configuration: clusterDNS: \"" + server.asText() + "\" is no IP address");
      }
      servers.add(server.asText());
    }
    Optional<String> file =
        Optional.ofNullable(document.get("resolvConf")).map(node -> node.asText(""));
    if (file.isPresent() && !file.get().isEmpty() && !Files.isReadable(Path.of(file.get()))) {
      throw new IllegalArgumentException(
          "invalid configuration: resolvConf: " + file.get() + " cannot be read");
    }
    return new DnsChoice(servers, document.path("clusterDomain").asText(""), file);
  }

  public List<String> serversOr(List<String> ofCluster) {
    return servers.isEmpty() ? ofCluster : servers;
  }

  public String domainOr(String ofCluster) {
    return domain.isEmpty() ? ofCluster : domain;
  }
}
