package dev.coracle.kubelet.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.DNSConfig;
import dev.coracle.kubelet.config.DnsChoice;
import dev.coracle.kubelet.config.KubeletOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A pod's resolver settings (Kubernetes docs, "DNS for Services and Pods").
 *
 * @param clusterDns addresses of the cluster's DNS service; empty: every policy behaves as Default
 */
public record PodDns(List<String> clusterDns, String clusterDomain, ResolvConf host) {

  /** What a resolv.conf says. */
  public record ResolvConf(List<String> servers, List<String> searches, List<String> options) {
    public static ResolvConf parse(String text) {
      List<String> servers = new ArrayList<>();
      List<String> searches = new ArrayList<>();
      List<String> options = new ArrayList<>();
      for (String line : text.split("\n")) {
        String[] words = line.strip().split("\\s+");
        switch (words[0]) {
          case "nameserver" -> {
            if (words.length > 1) {
              servers.add(words[1]);
            }
          }
          case "search", "domain" ->
              searches = new ArrayList<>(List.of(words).subList(1, words.length));
          case "options" -> options = new ArrayList<>(List.of(words).subList(1, words.length));
          default -> {}
        }
      }
      return new ResolvConf(servers, searches, options);
    }

    /**
     * What a KubeletConfiguration names.
     *
     * @param file empty for none
     */
    static ResolvConf ofFile(String file) {
      try {
        return file.isEmpty() ? parse("") : parse(bounded(Path.of(file)));
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read resolvConf " + file + ": " + e.getMessage(), e);
      }
    }

    /** A device or a pipe has no end, and another file may have been put there. */
    private static String bounded(Path file) throws IOException {
      try (InputStream in = Files.newInputStream(file)) {
        byte[] read = in.readNBytes(DnsChoice.LARGEST + 1);
        if (read.length > DnsChoice.LARGEST) {
          throw new IOException("it is larger than " + DnsChoice.LARGEST + " bytes");
        }
        return new String(read, StandardCharsets.UTF_8);
      }
    }

    /** The host's, past the stub resolver of systemd; empty where it has none. */
    public static ResolvConf ofHost() {
      for (String file : new String[] {"/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"}) {
        try {
          return parse(bounded(Path.of(file)));
        } catch (IOException e) {
          continue;
        }
      }
      return new ResolvConf(List.of(), List.of(), List.of());
    }
  }

  public static PodDns of(KubeletOptions options) {
    DnsChoice chosen = options.configuration().dns();
    return new PodDns(
        chosen.serversOr(options.clusterDns()),
        chosen.domainOr(options.clusterDomain()),
        chosen.resolvConf().map(ResolvConf::ofFile).orElseGet(ResolvConf::ofHost));
  }

  /** As many of each as resolvers read. */
  private static final int MOST_SERVERS = 3;

  private static final int MOST_SEARCHES = 32;
  private static final int MOST_SEARCH_CHARACTERS = 2048;

  /**
   * @param omitted which limits left something out, in the words of an event
   */
  private record Made(DNSConfig config, List<String> omitted) {}

  public DNSConfig of(Pod pod) {
    return make(pod).config();
  }

  /** What the pod asks for and does not get, as messages of events {@code DNSConfigForming}. */
  public List<String> omitted(Pod pod) {
    return make(pod).omitted();
  }

  /** That the pod is to have the cluster's DNS, and none is known; as a message of an event. */
  public Optional<String> missing(Pod pod) {
    return clusterDns.isEmpty() && wantsCluster(pod)
        ? Optional.of(
            "kubelet does not have ClusterDNS IP configured and cannot create Pod using"
                + " \"ClusterFirst\" policy. Falling back to \"Default\" policy.")
        : Optional.empty();
  }

  private static String policy(Pod pod) {
    return pod.spec().path("dnsPolicy").asText("ClusterFirst");
  }

  private static boolean wantsCluster(Pod pod) {
    String policy = policy(pod);
    return policy.equals("ClusterFirstWithHostNet")
        || policy.equals("ClusterFirst") && !pod.hostNetwork();
  }

  private Made make(Pod pod) {
    String policy = policy(pod);
    boolean cluster = !clusterDns.isEmpty() && wantsCluster(pod);
    List<String> servers;
    List<String> searches;
    List<String> options;
    if (policy.equals("None")) {
      servers = List.of();
      searches = List.of();
      options = List.of();
    } else if (cluster) {
      servers = clusterDns;
      List<String> all = new ArrayList<>();
      all.add(pod.namespace() + ".svc." + clusterDomain);
      all.add("svc." + clusterDomain);
      all.add(clusterDomain);
      all.addAll(host.searches());
      searches = all;
      options = List.of("ndots:5");
    } else {
      servers = host.servers();
      searches = host.searches();
      options = host.options();
    }
    return merge(servers, searches, options, pod.spec().path("dnsConfig"));
  }

  private static Made merge(
      List<String> servers, List<String> searches, List<String> options, JsonNode more) {
    Set<String> allServers = new LinkedHashSet<>(servers);
    more.path("nameservers").forEach(n -> allServers.add(n.asText()));
    Set<String> allSearches = new LinkedHashSet<>(searches);
    more.path("searches").forEach(s -> allSearches.add(s.asText()));
    Map<String, String> allOptions = new LinkedHashMap<>();
    for (String option : options) {
      int colon = option.indexOf(':');
      allOptions.put(
          colon < 0 ? option : option.substring(0, colon),
          colon < 0 ? "" : option.substring(colon + 1));
    }
    for (JsonNode option : more.path("options")) {
      allOptions.put(option.path("name").asText(), option.path("value").asText(""));
    }
    List<String> omitted = new ArrayList<>();
    List<String> usedServers = allServers.stream().limit(MOST_SERVERS).toList();
    if (usedServers.size() < allServers.size()) {
      omitted.add(
          "Nameserver limits were exceeded, some nameservers have been omitted, the applied"
              + " nameserver line is: "
              + String.join(" ", usedServers));
    }
    List<String> usedSearches = fitting(allSearches);
    if (usedSearches.size() < allSearches.size()) {
      omitted.add(
          "Search Line limits were exceeded, some search paths have been omitted, the applied"
              + " search line is: "
              + String.join(" ", usedSearches));
    }
    return new Made(
        DNSConfig.newBuilder()
            .addAllServers(usedServers)
            .addAllSearches(usedSearches)
            .addAllOptions(
                allOptions.entrySet().stream()
                    .map(e -> e.getValue().isEmpty() ? e.getKey() : e.getKey() + ":" + e.getValue())
                    .toList())
            .build(),
        omitted);
  }

  private static List<String> fitting(Set<String> searches) {
    List<String> used = new ArrayList<>();
    int characters = 0;
    for (String search : searches) {
      characters += search.length() + (used.isEmpty() ? 0 : 1);
      if (used.size() == MOST_SEARCHES || characters > MOST_SEARCH_CHARACTERS) {
        break;
      }
      used.add(search);
    }
    return used;
  }
}
