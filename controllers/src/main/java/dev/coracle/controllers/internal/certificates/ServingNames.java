package dev.coracle.controllers.internal.certificates;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.api.net.Cidr;
import dev.coracle.client.Lister;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether the names in a kubelet's request for a serving certificate are those of the node that
 * asks: its name, and addresses of its status that are neither another node's nor the API server's.
 */
final class ServingNames {

  private static final String PREFIX = "system:node:";

  private final Lister nodes;
  private final Lister endpoints;
  private final Lister services;

  ServingNames(Lister nodes, Lister endpoints, Lister services) {
    this.nodes = nodes;
    this.endpoints = endpoints;
    this.services = services;
  }

  boolean belong(SigningRequest request, CertificateRequest content) {
    if (!request.username().equals(content.commonName())
        || !request.username().startsWith(PREFIX)
        || !request.isFrom("system:nodes")) {
      return false;
    }
    String name = request.username().substring(PREFIX.length());
    KubeObject node = nodes.get("", name).orElse(null);
    if (node == null) {
      return false;
    }
    Set<String> own = addresses(node);
    for (String dns : content.dnsNames()) {
      if (!dns.equals(name) && !(dns.startsWith(name + ".") && own.contains(dns))) {
        return false;
      }
    }
    Set<String> others = apiServers();
    for (KubeObject other : nodes.list()) {
      if (!other.name().equals(name)) {
        others.addAll(addresses(other));
      }
    }
    List<String> asked = content.ipAddresses().stream().map(Cidr::canonical).toList();
    return own.containsAll(asked) && asked.stream().noneMatch(others::contains);
  }

  private static Set<String> addresses(KubeObject node) {
    Set<String> out = new HashSet<>();
    for (JsonNode address : node.at("status", "addresses")) {
      out.add(Cidr.canonical(address.path("address").asText()));
    }
    return out;
  }

  private Set<String> apiServers() {
    Set<String> out = new HashSet<>();
    services
        .get("default", "kubernetes")
        .ifPresent(service -> out.add(Cidr.canonical(service.text("spec", "clusterIP"))));
    endpoints
        .get("default", "kubernetes")
        .ifPresent(object -> {
          for (JsonNode subset : object.at("subsets")) {
            subset.path("addresses").forEach(a -> out.add(Cidr.canonical(a.path("ip").asText())));
          }
        });
    return out;
  }
}
