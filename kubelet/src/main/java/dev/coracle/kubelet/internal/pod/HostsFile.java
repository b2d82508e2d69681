package dev.coracle.kubelet.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The content of a pod's {@code /etc/hosts} (Kubernetes docs, "Adding entries to Pod /etc/hosts
 * with HostAliases").
 */
public final class HostsFile {
  private HostsFile() {}

  /** For a pod with its own network. */
  public static String ofPod(
      List<String> podIps, String hostname, String domain, JsonNode aliases) {
    StringBuilder out = new StringBuilder("# Kubernetes-managed hosts file.\n");
    out.append("127.0.0.1\tlocalhost\n")
        .append("::1\tlocalhost ip6-localhost ip6-loopback\n")
        .append("fe00::0\tip6-localnet\n")
        .append("fe00::0\tip6-mcastprefix\n")
        .append("fe00::1\tip6-allnodes\n")
        .append("fe00::2\tip6-allrouters\n");
    for (String ip : podIps) {
      out.append(ip);
      if (!domain.isEmpty()) {
        out.append('\t').append(hostname).append('.').append(domain);
      }
      out.append('\t').append(hostname).append('\n');
    }
    return out.append(entries(aliases)).toString();
  }

  /** For a pod on the host's network: the host's file, and the aliases. */
  public static String ofHost(String hostFile, JsonNode aliases) {
    return "# Kubernetes-managed hosts file (host network).\n" + hostFile + entries(aliases);
  }

  private static String entries(JsonNode aliases) {
    if (aliases.isEmpty()) {
      return "";
    }
    StringBuilder out = new StringBuilder("\n# Entries added by HostAliases.\n");
    for (JsonNode alias : aliases) {
      List<String> names = new ArrayList<>();
      alias.path("hostnames").forEach(n -> names.add(n.asText()));
      out.append(alias.path("ip").asText())
          .append('\t')
          .append(String.join("\t", names))
          .append('\n');
    }
    return out.toString();
  }
}
