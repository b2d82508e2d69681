package dev.coracle.proxy.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.LabelSelector;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * Says of one connection at a time whether it is let pass, straight from the objects and in the
 * words of the API's documentation; shares nothing with the code under test.
 */
record NaivePackets(TestCluster cluster) {

  boolean passes(String from, String to, String protocol, int port) {
    if (from.equals(to)) {
      return true;
    }
    return allows("Egress", "egress", "to", from, to, to, protocol, port)
        && allows("Ingress", "ingress", "from", to, from, to, protocol, port);
  }

  private boolean allows(
      String type,
      String rules,
      String side,
      String isolated,
      String peer,
      String to,
      String protocol,
      int port) {
    Optional<KubeObject> pod = podAt(isolated);
    if (pod.isEmpty()) {
      return true;
    }
    boolean any = false;
    for (KubeObject policy : cluster.policies) {
      if (!policy.namespace().equals(pod.get().namespace())
          || !picks(policy.at("spec", "podSelector"), pod.get())
          || !concerns(policy, type)) {
        continue;
      }
      any = true;
      for (JsonNode rule : policy.at("spec", rules)) {
        JsonNode peers = rule.path(side);
        JsonNode ports = rule.path("ports");
        if ((peers.isEmpty() || some(peers, p -> isPeer(policy.namespace(), p, peer)))
            && (ports.isEmpty() || some(ports, p -> isPort(p, to, protocol, port)))) {
          return true;
        }
      }
    }
    return !any;
  }

  private static boolean some(JsonNode nodes, java.util.function.Predicate<JsonNode> test) {
    return StreamSupport.stream(nodes.spliterator(), false).anyMatch(test);
  }

  private static boolean concerns(KubeObject policy, String type) {
    JsonNode types = policy.at("spec", "policyTypes");
    return types.isEmpty()
        ? type.equals("Ingress") || !policy.at("spec", "egress").isEmpty()
        : some(types, t -> t.asText().equals(type));
  }

  private static boolean picks(JsonNode selector, KubeObject object) {
    return selector.isMissingNode() || LabelSelector.of(selector).matches(object);
  }

  private boolean isPeer(String namespace, JsonNode peer, String address) {
    if (peer.has("ipBlock")) {
      return inside(peer.at("/ipBlock/cidr").asText(), address)
          && !some(peer.at("/ipBlock/except"), e -> inside(e.asText(), address));
    }
    Optional<KubeObject> pod = podAt(address);
    if (pod.isEmpty()) {
      return false;
    }
    boolean inNamespace =
        peer.has("namespaceSelector")
            ? picks(peer.path("namespaceSelector"), cluster.namespaces.get(pod.get().namespace()))
            : namespace.equals(pod.get().namespace());
    return inNamespace && picks(peer.path("podSelector"), pod.get());
  }

  private boolean isPort(JsonNode wanted, String to, String protocol, int port) {
    if (!wanted.path("protocol").asText("TCP").equals(protocol)) {
      return false;
    }
    JsonNode number = wanted.path("port");
    if (number.isMissingNode()) {
      return true;
    }
    if (number.isInt()) {
      return number.asInt() <= port && port <= wanted.path("endPort").asInt(number.asInt());
    }
    return podAt(to)
        .map(pod ->
            some(
                pod.at("spec", "containers").path(0).path("ports"),
                p ->
                    p.path("name").asText().equals(number.asText())
                        && p.path("protocol").asText("TCP").equals(protocol)
                        && p.path("containerPort").asInt() == port))
        .orElse(false);
  }

  private static boolean inside(String cidr, String address) {
    String[] parts = cidr.split("/");
    boolean six = address.contains(":");
    int shift = (six ? 128 : 32) - Integer.parseInt(parts[1]);
    return six == cidr.contains(":")
        && ModelPackets.number(parts[0])
            .shiftRight(shift)
            .equals(ModelPackets.number(address).shiftRight(shift));
  }

  private Optional<KubeObject> podAt(String address) {
    return cluster.pods.values().stream()
        .filter(p -> !p.at("spec", "hostNetwork").asBoolean())
        .filter(p -> p.text("status", "phase").equals("Running"))
        .filter(p -> some(p.at("status", "podIPs"), ip -> ip.path("ip").asText().equals(address)))
        .findFirst();
  }
}
