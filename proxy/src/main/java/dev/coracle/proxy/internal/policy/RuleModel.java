package dev.coracle.proxy.internal.policy;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/**
 * What the kernel is to be told, without the words for it. A new connection that is forwarded is
 * looked up twice: by its source in {@code egressChains} and by its destination in {@code
 * ingressChains}. An address that is not there is not isolated in that direction. The chain lets
 * pass what meets one of its rules, and drops the rest. A pod always reaches itself.
 *
 * @param addressSets pods that a selector picks, by name of the set
 * @param portSets {@code ADDRESS . PORT} of ports by the name that their container gives them
 * @param chains the rules of a set of policies for one direction; none of them: nothing may pass
 * @param ingressChains the chain of each isolated pod, by its address
 * @param egressChains likewise
 */
record RuleModel(
    Map<String, SortedSet<String>> addressSets,
    Map<String, SortedSet<String>> portSets,
    Map<String, List<PolicyRule>> chains,
    Map<String, String> ingressChains,
    Map<String, String> egressChains) {

  /** No pod is isolated. */
  static final RuleModel EMPTY = new RuleModel(Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

  RuleModel {
    addressSets = Map.copyOf(addressSets);
    portSets = Map.copyOf(portSets);
    chains = Map.copyOf(chains);
    ingressChains = Map.copyOf(ingressChains);
    egressChains = Map.copyOf(egressChains);
  }

  static RuleModel of(ClusterView view) {
    return new RuleModelBuilder(view).build();
  }

  boolean isEmpty() {
    return ingressChains.isEmpty() && egressChains.isEmpty();
  }

  int rules() {
    return chains.values().stream().mapToInt(List::size).sum();
  }

  /** How many addresses are isolated in at least one direction. */
  int isolated() {
    return (int)
        (ingressChains.size()
            + egressChains.keySet().stream().filter(a -> !ingressChains.containsKey(a)).count());
  }
}
