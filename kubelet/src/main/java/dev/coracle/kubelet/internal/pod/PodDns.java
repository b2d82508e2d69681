package dev.coracle.kubelet.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.DNSConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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

    /** The host's, past the stub resolver of systemd; empty where it has none. */
    public static ResolvConf ofHost() {
      for (String file : new String[] {"/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"}) {
        try {
          return parse(Files.readString(Path.of(file)));
        } catch (IOException e) {
          continue;
        }
      }
      return new ResolvConf(List.of(), List.of(), List.of());
    }
  }

  public DNSConfig of(Pod pod) {
    String policy = pod.spec().path("dnsPolicy").asText("ClusterFirst");
    boolean cluster =
        !clusterDns.isEmpty()
            && (policy.equals("ClusterFirstWithHostNet")
                || policy.equals("ClusterFirst") && !pod.hostNetwork());
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

  private static DNSConfig merge(
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
    return DNSConfig.newBuilder()
        .addAllServers(allServers.stream().limit(3).toList())
        .addAllSearches(allSearches.stream().limit(32).toList())
        .addAllOptions(
            allOptions.entrySet().stream()
                .map(e -> e.getValue().isEmpty() ? e.getKey() : e.getKey() + ":" + e.getValue())
                .toList())
        .build();
  }
}
