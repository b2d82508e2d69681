package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.net.Cidr;
import java.io.IOException;
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

  /** Bytes of a resolv.conf. */
  public static final int LARGEST = 1 << 20;

  public DnsChoice {
    servers = List.copyOf(servers);
  }

  /**
   * @throws IllegalArgumentException of what is no address, and of a file that cannot be read
   */
  static DnsChoice parse(JsonNode document) {
    List<String> servers = ConfigFields.list(document, "clusterDNS");
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
    if (file.isEmpty()) {
      return file;
    }
    Path path = Path.of(file);
    if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
      throw ConfigFields.invalid("resolvConf: " + file + " cannot be read");
    }
    try {
      if (Files.size(path) > LARGEST) {
        throw ConfigFields.invalid(
            "resolvConf: "
                + file
                + " is larger than 1 MiB, so it is no resolv.conf; name the one that pods are to"
                + " have, or leave resolvConf out for the host's");
      }
    } catch (IOException e) {
      throw ConfigFields.invalid("resolvConf: " + file + " cannot be read: " + e.getMessage());
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
