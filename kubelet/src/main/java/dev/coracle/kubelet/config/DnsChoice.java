package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.net.Cidr;
import java.nio.file.Files;
import java.nio.file.Path;
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
    List<String> servers = KubeletConfiguration.list(document, "clusterDNS");
    for (String server : servers) {
      if (Cidr.number(server).isEmpty()) {
        throw new IllegalArgumentException(
            "invalid configuration: clusterDNS: \"" + server + "\" is no IP address");
      }
    }
    JsonNode file = document.path("resolvConf");
    return new DnsChoice(
        servers,
        document.path("clusterDomain").asText(""),
        file.isTextual() ? Optional.of(readable(file.textValue())) : Optional.empty());
  }

  private static String readable(String file) {
    if (!file.isEmpty()
        && !(Files.isRegularFile(Path.of(file)) && Files.isReadable(Path.of(file)))) {
      throw new IllegalArgumentException(
          "invalid configuration: resolvConf: " + file + " cannot be read");
    }
    return file;
  }

  public List<String> serversOr(List<String> ofCluster) {
    return servers.isEmpty() ? ofCluster : servers;
  }

  public String domainOr(String ofCluster) {
    return domain.isEmpty() ? ofCluster : domain;
  }
}
