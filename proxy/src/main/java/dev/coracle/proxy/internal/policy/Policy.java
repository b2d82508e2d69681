package dev.coracle.proxy.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.LabelSelector;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A NetworkPolicy as it is to be understood, with every default in its place.
 *
 * @param pods which pods of its namespace it isolates
 * @param ingress what may come in; empty: the policy says nothing about that direction, and an
 *     empty list: nothing may
 * @param egress likewise what may go out
 */
record Policy(
    String namespace,
    String name,
    LabelSelector pods,
    Optional<List<Rule>> ingress,
    Optional<List<Rule>> egress) {

  /**
   * A rule lets pass what one of its peers sends or gets through one of its ports.
   *
   * @param peers none: everybody
   * @param ports none: every port of every protocol
   */
  record Rule(List<Peer> peers, List<PortMatch> ports) {
    Rule {
      peers = List.copyOf(peers);
      ports = List.copyOf(ports);
    }
  }

  /** Who is at the other end. */
  sealed interface Peer {

    /**
     * Pods by their labels.
     *
     * @param namespaces those of the namespaces that this picks
     */
    record Pods(Namespaces namespaces, LabelSelector pods) implements Peer {
      boolean matches(String namespace, Map<String, String> namespaceLabels, PodFacts pod) {
        return namespaces.matches(namespace, namespaceLabels) && pods.matches(pod.labels());
      }
    }

    /** Addresses, whoever has them. */
    record Block(List<AddressRange> ranges) implements Peer {
      public Block {
        ranges = List.copyOf(ranges);
      }
    }
  }

  /** Which namespaces a peer is about. */
  sealed interface Namespaces {

    boolean matches(String namespace, Map<String, String> labels);

    /** One, the policy's own. */
    record One(String name) implements Namespaces {
      @Override
      public boolean matches(String namespace, Map<String, String> labels) {
        return name.equals(namespace);
      }
    }

    /** Those with certain labels. */
    record Labelled(LabelSelector selector) implements Namespaces {
      @Override
      public boolean matches(String namespace, Map<String, String> labels) {
        return selector.matches(labels);
      }
    }
  }

  /** Where a rule lets traffic go. */
  sealed interface PortMatch {

    Protocol protocol();

    /** All ports of a protocol. */
    record All(Protocol protocol) implements PortMatch {}

    /** Ports by number. */
    record Numbers(Protocol protocol, PortRange range) implements PortMatch {}

    /** Whatever port the destination's containers call so. */
    record Named(Protocol protocol, String name) implements PortMatch {}
  }

  /**
   * Reads a NetworkPolicy.
   *
   * @throws StatusException a selector has an operator that nobody knows
   * @throws IllegalArgumentException a port has a protocol that nobody knows
   */
  static Policy of(KubeObject object) {
    JsonNode spec = object.at("spec");
    String namespace = object.namespace();
    Set<String> types = new HashSet<>();
    spec.path("policyTypes").forEach(type -> types.add(type.asText()));
    if (types.isEmpty()) {
      types.add("Ingress");
      if (!spec.path("egress").isEmpty()) {
        types.add("Egress");
      }
    }
    return new Policy(
        namespace,
        object.name(),
        selector(spec.path("podSelector")),
        types.contains("Ingress")
            ? Optional.of(rules(spec.path("ingress"), "from", namespace))
            : Optional.empty(),
        types.contains("Egress")
            ? Optional.of(rules(spec.path("egress"), "to", namespace))
            : Optional.empty());
  }

  /** One that is not there picks everything in these places, unlike elsewhere. */
  private static LabelSelector selector(JsonNode selector) {
    return selector.isObject() ? LabelSelector.of(selector) : LabelSelector.EVERYTHING;
  }

  private static List<Rule> rules(JsonNode rules, String side, String namespace) {
    List<Rule> out = new ArrayList<>();
    for (JsonNode rule : rules) {
      List<Peer> peers = new ArrayList<>();
      rule.path(side).forEach(peer -> peers.add(peer(peer, namespace)));
      List<PortMatch> ports = new ArrayList<>();
      rule.path("ports").forEach(port -> ports.add(port(port)));
      out.add(new Rule(peers, ports));
    }
    return List.copyOf(out);
  }

  private static Peer peer(JsonNode peer, String namespace) {
    JsonNode block = peer.path("ipBlock");
    if (block.isObject()) {
      List<String> except = new ArrayList<>();
      block.path("except").forEach(e -> except.add(e.asText()));
      return new Peer.Block(AddressRange.ofBlock(block.path("cidr").asText(), except));
    }
    JsonNode namespaces = peer.path("namespaceSelector");
    return new Peer.Pods(
        namespaces.isObject()
            ? new Namespaces.Labelled(LabelSelector.of(namespaces))
            : new Namespaces.One(namespace),
        selector(peer.path("podSelector")));
  }

  private static PortMatch port(JsonNode port) {
    Protocol protocol = Protocol.of(port.path("protocol").asText(""));
    JsonNode number = port.path("port");
    if (number.isTextual()) {
      return new PortMatch.Named(protocol, number.asText());
    }
    if (!number.isNumber()) {
      return new PortMatch.All(protocol);
    }
    int first = number.asInt();
    return new PortMatch.Numbers(protocol, new PortRange(first, port.path("endPort").asInt(first)));
  }

  /** {@code namespace/name}. */
  String key() {
    return namespace + "/" + name;
  }

  boolean selects(PodFacts pod) {
    return namespace.equals(pod.namespace()) && pods.matches(pod.labels());
  }
}
