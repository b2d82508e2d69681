package dev.coracle.proxy.internal.policy;

import dev.coracle.api.net.IpFamily;
import dev.coracle.proxy.internal.policy.Policy.Peer;
import dev.coracle.proxy.internal.policy.Policy.PortMatch;
import dev.coracle.proxy.internal.policy.Policy.Rule;
import dev.coracle.proxy.internal.policy.PolicyRule.PeerMatch;
import dev.coracle.proxy.internal.policy.PolicyRule.Ports;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Makes a {@link RuleModel} of a {@link ClusterView}. Pods that the same policies isolate share a
 * chain, and rules that pick the same peers share a set, so that a pod that comes or goes changes
 * elements of sets and no rule. Names follow from what they stand for alone.
 */
final class RuleModelBuilder {

  private enum Direction {
    INGRESS,
    EGRESS;

    Optional<List<Rule>> rules(Policy policy) {
      return switch (this) {
        case INGRESS -> policy.ingress();
        case EGRESS -> policy.egress();
      };
    }

    String chain(List<Policy> policies) {
      StringBuilder keys = new StringBuilder();
      policies.forEach(p -> keys.append(p.key()).append('\n'));
      return switch (this) {
        case INGRESS -> "ingress_" + digest(keys.toString());
        case EGRESS -> "egress_" + digest(keys.toString());
      };
    }
  }

  private final ClusterView view;
  private final Map<String, List<Policy>> policiesByNamespace = new HashMap<>();
  private final Map<String, List<PodFacts>> peersByNamespace = new HashMap<>();
  private final Map<String, SortedSet<String>> addressSets = new HashMap<>();
  private final Map<String, SortedSet<String>> portSets = new HashMap<>();
  private final Map<String, List<PolicyRule>> chains = new HashMap<>();

  RuleModelBuilder(ClusterView view) {
    this.view = view;
    view.policies().stream()
        .sorted(Comparator.comparing(Policy::key))
        .forEach(
            p -> policiesByNamespace.computeIfAbsent(p.namespace(), _ -> new ArrayList<>()).add(p));
    view.peers()
        .forEach(
            p -> peersByNamespace.computeIfAbsent(p.namespace(), _ -> new ArrayList<>()).add(p));
  }

  RuleModel build() {
    Map<String, String> ingress = new HashMap<>();
    Map<String, String> egress = new HashMap<>();
    for (PodFacts pod : view.own()) {
      List<Policy> selecting =
          policiesByNamespace.getOrDefault(pod.namespace(), List.of()).stream()
              .filter(p -> p.selects(pod))
              .toList();
      isolate(pod, selecting, Direction.INGRESS, ingress);
      isolate(pod, selecting, Direction.EGRESS, egress);
    }
    boolean ipv6 =
        view.own().stream()
            .anyMatch(
                pod -> pod.addresses().stream().anyMatch(a -> IpFamily.of(a) == IpFamily.IPv6));
    return new RuleModel(ipv6, addressSets, portSets, chains, ingress, egress);
  }

  private void isolate(
      PodFacts pod, List<Policy> selecting, Direction direction, Map<String, String> dispatch) {
    List<Policy> policies = selecting.stream().filter(p -> direction.rules(p).isPresent()).toList();
    if (policies.isEmpty()) {
      return;
    }
    String chain = direction.chain(policies);
    if (!chains.containsKey(chain)) {
      chains.put(chain, rules(policies, direction));
    }
    pod.addresses().forEach(address -> dispatch.put(address, chain));
  }

  private List<PolicyRule> rules(List<Policy> policies, Direction direction) {
    List<PolicyRule> out = new ArrayList<>();
    for (Policy policy : policies) {
      for (Rule rule : direction.rules(policy).orElseThrow()) {
        List<Optional<Ports>> ports = ports(rule.ports(), direction);
        for (Optional<PeerMatch> peer : peers(rule.peers())) {
          ports.forEach(p -> out.add(new PolicyRule(policy.key(), peer, p)));
        }
      }
    }
    return List.copyOf(out);
  }

  /** The conditions of which one has to be met: an empty one always is, and without any none is. */
  private List<Optional<PeerMatch>> peers(List<Peer> peers) {
    if (peers.isEmpty()) {
      return List.of(Optional.empty());
    }
    List<Optional<PeerMatch>> out = new ArrayList<>();
    for (Peer peer : peers) {
      switch (peer) {
        case Peer.Pods pods -> out.add(Optional.of(new PeerMatch.InSet(addressSet(pods))));
        case Peer.Block block -> {
          if (!block.ranges().isEmpty()) {
            out.add(Optional.of(new PeerMatch.InRanges(block.ranges())));
          }
        }
      }
    }
    return out;
  }

  private String addressSet(Peer.Pods peer) {
    String name = "pods_" + digest(peer.toString());
    addressSets.computeIfAbsent(name, _ -> addresses(peer));
    return name;
  }

  private SortedSet<String> addresses(Peer.Pods peer) {
    SortedSet<String> out = new TreeSet<>();
    peersByNamespace.forEach((namespace, pods) -> {
      if (peer.namespaces().matches(namespace, view.labelsOf(namespace))) {
        pods.stream()
            .filter(pod -> peer.pods().matches(pod.labels()))
            .forEach(pod -> out.addAll(pod.addresses()));
      }
    });
    return out;
  }

  private List<Optional<Ports>> ports(List<PortMatch> ports, Direction direction) {
    if (ports.isEmpty()) {
      return List.of(Optional.empty());
    }
    List<Optional<Ports>> out = new ArrayList<>();
    Map<Protocol, List<PortRange>> numbers = new EnumMap<>(Protocol.class);
    for (PortMatch port : ports) {
      switch (port) {
        case PortMatch.All all -> out.add(Optional.of(new Ports.All(all.protocol())));
        case PortMatch.Numbers n ->
            numbers.computeIfAbsent(n.protocol(), _ -> new ArrayList<>()).add(n.range());
        case PortMatch.Named named ->
            out.add(
                Optional.of(new Ports.OfDestination(named.protocol(), portSet(named, direction))));
      }
    }
    numbers.forEach(
        (protocol, ranges) -> out.add(Optional.of(new Ports.Numbers(protocol, joined(ranges)))));
    return out;
  }

  /** Sorted, and what touches or overlaps made one. */
  static List<PortRange> joined(List<PortRange> ranges) {
    List<PortRange> out = new ArrayList<>();
    for (PortRange range :
        ranges.stream().sorted(Comparator.comparingInt(PortRange::first)).toList()) {
      PortRange last = out.isEmpty() ? null : out.getLast();
      if (last != null && range.first() <= last.last() + 1) {
        out.set(out.size() - 1, new PortRange(last.first(), Math.max(last.last(), range.last())));
      } else {
        out.add(range);
      }
    }
    return out;
  }

  /** Packets come in to pods of this node only, so the other nodes' ports do not matter there. */
  private String portSet(PortMatch.Named port, Direction direction) {
    String name =
        switch (direction) {
              case INGRESS -> "own_ports_";
              case EGRESS -> "ports_";
            }
            + digest(port.protocol() + "/" + port.name());
    List<PodFacts> pods =
        switch (direction) {
          case INGRESS -> view.own();
          case EGRESS -> view.peers();
        };
    portSets.computeIfAbsent(name, _ -> portsOf(pods, port));
    return name;
  }

  private static SortedSet<String> portsOf(List<PodFacts> pods, PortMatch.Named wanted) {
    SortedSet<String> out = new TreeSet<>();
    for (PodFacts pod : pods) {
      for (PodFacts.NamedPort port : pod.ports()) {
        if (port.protocol() == wanted.protocol() && port.name().equals(wanted.name())) {
          pod.addresses().forEach(a -> out.add(a + " . " + port.number()));
        }
      }
    }
    return out;
  }

  /** Names of chains and sets are short and of few characters. */
  private static String digest(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
