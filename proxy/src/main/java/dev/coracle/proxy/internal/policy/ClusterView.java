package dev.coracle.proxy.internal.policy;

import dev.coracle.proxy.ConnectedPod;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that decides the rules of one node, at one moment.
 *
 * @param policies of all namespaces
 * @param own pods of this node, each with its addresses, which policies may isolate
 * @param peers pods of all nodes, whose addresses selectors may pick
 * @param namespaces labels by name
 */
record ClusterView(
    List<Policy> policies,
    List<PodFacts> own,
    List<PodFacts> peers,
    Map<String, Map<String, String>> namespaces) {

  /** The label that every namespace has. */
  private static final String NAME_LABEL = "kubernetes.io/metadata.name";

  ClusterView {
    policies = List.copyOf(policies);
    own = List.copyOf(own);
    peers = List.copyOf(peers);
    namespaces = Map.copyOf(namespaces);
  }

  /**
   * Puts together what the API says and what the runtime of this node knows. The runtime knows
   * first: when a pod has an address its Pod says so only later, and when its address is another's
   * already its Pod may still say that it has it. Labels are the API's, where it has told of the
   * pod.
   *
   * @param pods what the API says, finished ones and those of the node's network among them
   * @param connected in the order in which they got their addresses
   */
  static ClusterView of(
      String node,
      Collection<Policy> policies,
      Collection<PodFacts> pods,
      Collection<ConnectedPod> connected,
      Map<String, Map<String, String>> namespaces) {
    Map<String, ConnectedPod> byAddress = new LinkedHashMap<>();
    connected.forEach(c -> byAddress.put(c.address(), c));
    Set<String> taken = Set.copyOf(byAddress.keySet());
    Map<String, List<ConnectedPod>> byName = new LinkedHashMap<>();
    byAddress
        .values()
        .forEach(c ->
            byName.computeIfAbsent(c.namespace() + "/" + c.name(), _ -> new ArrayList<>()).add(c));
    List<PodFacts> own = new ArrayList<>();
    List<PodFacts> peers = new ArrayList<>();
    for (PodFacts pod : pods) {
      List<ConnectedPod> here = byName.getOrDefault(pod.key(), List.of());
      List<String> addresses =
          here.stream().filter(c -> pod.is(c.uid())).map(ConnectedPod::address).toList();
      boolean isConnected = !addresses.isEmpty();
      if (isConnected) {
        here.stream().filter(c -> pod.is(c.uid())).forEach(c -> byAddress.remove(c.address()));
      } else {
        addresses = pod.addresses().stream().filter(a -> !taken.contains(a)).toList();
      }
      if (addresses.isEmpty() || pod.finished() && !isConnected) {
        continue;
      }
      PodFacts placed = pod.withAddresses(addresses);
      if (isConnected || pod.node().equals(node)) {
        own.add(placed);
      }
      if (!pod.finished()) {
        peers.add(placed);
      }
    }
    // What is left of them the API has not told of yet, or no longer knows.
    for (ConnectedPod unknown : byAddress.values()) {
      PodFacts pod = PodFacts.of(unknown, node);
      own.add(pod);
      peers.add(pod);
    }
    return new ClusterView(List.copyOf(policies), own, peers, namespaces);
  }

  /** Of a namespace that has not been told of yet, the label that it has for certain. */
  Map<String, String> labelsOf(String namespace) {
    return Optional.ofNullable(namespaces.get(namespace))
        .orElseGet(() -> Map.of(NAME_LABEL, namespace));
  }
}
