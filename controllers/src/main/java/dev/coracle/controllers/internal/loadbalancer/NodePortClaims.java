package dev.coracle.controllers.internal.loadbalancer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Lister;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who has which port of the nodes' addresses: what listens on the nodes goes first, then the
 * Service that has it already, then the oldest one that asks for it. Confined to the controllers'
 * event loop.
 */
final class NodePortClaims {

  static final String BY_PORT = "balanced-port";

  private static final Comparator<KubeObject> FIRST =
      Comparator.comparing((KubeObject s) -> s.at("status", "loadBalancer", "ingress").isEmpty())
          .thenComparing(s -> s.text("metadata", "creationTimestamp"))
          .thenComparing(KubeObject::uid);

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
    for (String claim : claims(service)) {
      Optional<String> holder = holder(service, claim);
      if (holder.isPresent()) {
        return Optional.of("port " + claim + " of the nodes belongs to " + holder.get());
      }
    }
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
    Collection<KubeObject> asking = services.byIndex(BY_PORT, claim);
    String known = given.getOrDefault(claim, "");
    KubeObject holder =
        asking.stream()
            .filter(s -> s.uid().equals(known))
            .findFirst()
            .or(() -> asking.stream().min(FIRST))
            .orElse(service);
    given.put(claim, holder.uid());
    return holder.uid().equals(service.uid())
        ? Optional.empty()
        : Optional.of("Service " + holder.key());
  }

  void giveBack(String claim, KubeObject service) {
    given.remove(claim, service.uid());
  }
}
