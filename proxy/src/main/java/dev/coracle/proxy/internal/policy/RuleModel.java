package dev.coracle.proxy.internal.policy;

import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toMap;

import dev.coracle.api.net.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What the kernel is to be told, without the words for it, of both IP families. A new connection
 * that is forwarded is looked up twice: by its source in {@code egressChains} and by its
 * destination in {@code ingressChains}. An address that is not there is not isolated in that
 * direction. The chain lets pass what meets one of its rules, and drops the rest. A pod always
 * reaches itself.
 *
 * @param ipv6 whether pods of this node have such addresses
 * @param addressSets pods that a selector picks, by name of the set
 * @param portSets {@code ADDRESS . PORT} of ports by the name that their container gives them
 * @param chains the rules of a set of policies for one direction; none of them: nothing may pass
 * @param ingressChains the chain of each isolated pod, by its address
 * @param egressChains likewise
 */
record RuleModel(
    boolean ipv6,
    Map<String, SortedSet<String>> addressSets,
    Map<String, SortedSet<String>> portSets,
    Map<String, List<PolicyRule>> chains,
    Map<String, String> ingressChains,
    Map<String, String> egressChains) {

  /** No pod is isolated. */
  static final RuleModel EMPTY =
      new RuleModel(false, Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

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

  /**
   * What of it is about one family: a packet meets rules of its own family only. Rules for
   * addresses of the other are not there, and a rule for all addresses of this one has no condition
   * on them.
   */
  RuleModel in(IpFamily family) {
    Map<String, String> ingress = only(ingressChains, family);
    Map<String, String> egress = only(egressChains, family);
    if (ingress.isEmpty() && egress.isEmpty()) {
      return EMPTY;
    }
    return new RuleModel(
        ipv6,
        onlySets(addressSets, family),
        onlySets(portSets, family),
        chains.entrySet().stream()
            .collect(toMap(Map.Entry::getKey, chain -> rulesOf(chain.getValue(), family))),
        ingress,
        egress);
  }

  private static Map<String, String> only(Map<String, String> byAddress, IpFamily family) {
    return byAddress.entrySet().stream()
        .filter(e -> IpFamily.of(e.getKey()) == family)
        .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static Map<String, SortedSet<String>> onlySets(
      Map<String, SortedSet<String>> sets, IpFamily family) {
    return sets.entrySet().stream()
        .collect(
            toMap(
                Map.Entry::getKey,
                set ->
                    set.getValue().stream()
                        .filter(element -> IpFamily.of(element) == family)
                        .collect(toCollection(TreeSet::new))));
  }

  private static List<PolicyRule> rulesOf(List<PolicyRule> rules, IpFamily family) {
    List<PolicyRule> out = new ArrayList<>();
    for (PolicyRule rule : rules) {
      if (rule.peer().orElse(null) instanceof PolicyRule.PeerMatch.InRanges in) {
        if (in.family() == family) {
          Optional<PolicyRule.PeerMatch> peer =
              in.isEverything() ? Optional.empty() : Optional.of(in);
          out.add(new PolicyRule(rule.policy(), peer, rule.ports()));
        }
      } else {
        out.add(rule);
      }
    }
    return List.copyOf(out);
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
