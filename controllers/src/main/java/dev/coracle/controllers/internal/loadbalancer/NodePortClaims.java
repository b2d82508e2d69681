package dev.coracle.controllers.internal.loadbalancer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Lister;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who has which port of the nodes' addresses: what listens on the nodes goes first, then the
 * Service that has it already, then who asks for it first. A Service has all of its ports or none.
 * Confined to the controllers' event loop.
 */
final class NodePortClaims {

  static final String BY_PORT = "balanced-port";

  private final Lister services;
  private final Map<Integer, String> taken;

  /** By the claim the Service's uid: also what was given and is not shown yet. */
  private final Map<String, String> given = new HashMap<>();

  /**
   * @param services of an informer that has the index {@link #BY_PORT}
   * @param taken TCP ports of the nodes, and by what they are taken
   */
  NodePortClaims(Lister services, Map<Integer, String> taken) {
    this.services = services;
    this.taken = taken;
  }

  /** A load balancer that nobody else was asked for. */
  static boolean isOurs(KubeObject service) {
    return service.text("spec", "type").equals("LoadBalancer")
        && service.text("spec", "loadBalancerClass").isEmpty();
  }

  /** The values of {@link #BY_PORT}: {@code 80/TCP}. */
  static List<String> claims(KubeObject service) {
    List<String> claims = new ArrayList<>();
    if (isOurs(service) && !service.isDeleting()) {
      for (JsonNode port : service.at("spec", "ports")) {
        claims.add(port.path("port").asInt() + "/" + port.path("protocol").asText("TCP"));
      }
    }
    return claims;
  }

  /** Why the Service cannot have its ports; empty when they are given to it. */
  Optional<String> refusal(KubeObject service) {
    List<String> claims = claims(service);
    for (String claim : claims) {
      Optional<String> holder = holder(service, claim);
      if (holder.isPresent()) {
        return Optional.of("port " + claim + " of the nodes belongs to " + holder.get());
      }
    }
    claims.forEach(claim -> given.put(claim, service.uid()));
    return Optional.empty();
  }

  private Optional<String> holder(KubeObject service, String claim) {
    String[] portAndProtocol = claim.split("/");
    if (portAndProtocol[1].equals("TCP")) {
      String listens = taken.get(Integer.parseInt(portAndProtocol[0]));
      if (listens != null) {
        return Optional.of(listens);
      }
    }
    String known = given.getOrDefault(claim, "");
    return services.byIndex(BY_PORT, claim).stream()
        .filter(other -> !other.uid().equals(service.uid()))
        // What an earlier run of the controllers gave stands in the status alone.
        .filter(other -> other.uid().equals(known) || known.isEmpty() && hasAddress(other))
        .findFirst()
        .map(other -> "Service " + other.key());
  }

  private static boolean hasAddress(KubeObject service) {
    return !service.at("status", "loadBalancer", "ingress").isEmpty();
  }

  /**
   * Takes these ports back from the Service.
   *
   * @return those that it had
   */
  List<String> takeBack(List<String> claims, KubeObject service) {
    return claims.stream().filter(claim -> given.remove(claim, service.uid())).toList();
  }
}
