package dev.coracle.proxy.internal.policy;

import dev.coracle.proxy.internal.nft.Family;
import dev.coracle.proxy.internal.policy.PolicyRule.PeerMatch;
import dev.coracle.proxy.internal.policy.PolicyRule.Ports;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Writes nft scripts that lead from one {@link RuleModel} of a family to another. Pure text, no
 * state. Each script is one transaction, which names only what differs.
 *
 * <p>All rules hang on the forward hook: between pods, and between pods and the world, every packet
 * is forwarded by the host, after Service addresses have become pods' and before any source is
 * masqueraded. What the host itself sends to pods or gets from them does not pass there, and so
 * neither do the messages by which neighbours find each other in IPv6.
 */
final class PolicyWriter {

  /** The longest comment that nft takes is 128 bytes. */
  private static final int LONGEST_COMMENT = 120;

  private static final int ELEMENTS_PER_LINE = 200;

  private final Family family;
  private final String ip;
  private final String table;

  PolicyWriter(Family family, String table) {
    this.family = family;
    this.ip = family.word();
    this.table = table;
  }

  /** Also when there is none. */
  String removeTable() {
    return "add table %1$s %2$s\ndelete table %1$s %2$s\n".formatted(ip, table);
  }

  /** The whole table, in place of whatever is there. */
  String replaceTable(RuleModel model) {
    return removeTable()
        + """
        table %1$s %2$s {
          map isolated_ingress { type %3$s : verdict; }
          map isolated_egress { type %3$s : verdict; }
          set itself { type %3$s . %3$s; }
          chain forward {
            type filter hook forward priority filter; policy accept;
            ct state established,related accept
            %1$s saddr . %1$s daddr @itself accept
            %1$s saddr vmap @isolated_egress
            %1$s daddr vmap @isolated_ingress
          }
        }
        """
            .formatted(ip, table, family.type())
        + change(RuleModel.EMPTY, model);
  }

  /** From the one to the other in a table that is there; empty when they are equal. */
  String change(RuleModel before, RuleModel now) {
    StringBuilder out = new StringBuilder();
    sets(out, before.addressSets(), now.addressSets(), family.type());
    sets(out, before.portSets(), now.portSets(), family.type() + " . inet_service");
    chains(out, before.chains(), now.chains());
    verdicts(out, "isolated_ingress", before.ingressChains(), now.ingressChains());
    verdicts(out, "isolated_egress", before.egressChains(), now.egressChains());
    Set<String> itself = pairs(before);
    elements(out, "itself", itself, pairs(now));
    obsolete(out, "chain", before.chains().keySet(), now.chains().keySet());
    obsolete(out, "set", before.addressSets().keySet(), now.addressSets().keySet());
    obsolete(out, "set", before.portSets().keySet(), now.portSets().keySet());
    return out.toString();
  }

  private void sets(
      StringBuilder out,
      Map<String, SortedSet<String>> before,
      Map<String, SortedSet<String>> now,
      String type) {
    new TreeMap<>(now)
        .forEach((name, elements) -> {
          Set<String> known = before.get(name);
          if (known == null) {
            out.append("add set %s %s %s { type %s; }\n".formatted(ip, table, name, type));
          }
          elements(out, name, known == null ? Set.of() : known, elements);
        });
  }

  private void elements(StringBuilder out, String set, Set<String> before, Set<String> now) {
    elements(out, "delete", set, missing(before, now), element -> element);
    elements(out, "add", set, missing(now, before), element -> element);
  }

  private void chains(
      StringBuilder out, Map<String, List<PolicyRule>> before, Map<String, List<PolicyRule>> now) {
    new TreeMap<>(now)
        .forEach((name, rules) -> {
          if (rules.equals(before.get(name))) {
            return;
          }
          out.append(
              (before.containsKey(name) ? "flush" : "add")
                  + " chain %s %s %s\n".formatted(ip, table, name));
          rules.forEach(rule ->
              out.append(
                  "add rule %s %s %s %s\n"
                      .formatted(ip, table, name, rule(rule, isIngress(name)))));
          out.append("add rule %s %s %s drop\n".formatted(ip, table, name));
        });
  }

  private static boolean isIngress(String chain) {
    return chain.startsWith("ingress_");
  }

  private String rule(PolicyRule rule, boolean ingress) {
    List<String> words = new ArrayList<>();
    rule.peer().ifPresent(peer -> words.add(ip + (ingress ? " saddr " : " daddr ") + peer(peer)));
    rule.ports().ifPresent(ports -> words.add(ports(ports)));
    words.add("return comment \"" + comment(rule.policy()) + "\"");
    return String.join(" ", words);
  }

  private static String peer(PeerMatch peer) {
    return switch (peer) {
      case PeerMatch.InSet in -> "@" + in.set();
      case PeerMatch.InRanges in -> listed(in.ranges());
    };
  }

  private String ports(Ports ports) {
    String protocol = ports.protocol().word();
    return switch (ports) {
      case Ports.All _ -> "meta l4proto " + protocol;
      case Ports.Numbers numbers -> protocol + " dport " + listed(numbers.ranges());
      case Ports.OfDestination named -> ip + " daddr . " + protocol + " dport @" + named.set();
    };
  }

  private static String listed(List<?> ranges) {
    return ranges.stream().map(Object::toString).collect(Collectors.joining(", ", "{ ", " }"));
  }

  private static String comment(String policy) {
    return policy.length() <= LONGEST_COMMENT ? policy : policy.substring(0, LONGEST_COMMENT);
  }

  private void verdicts(
      StringBuilder out, String map, Map<String, String> before, Map<String, String> now) {
    Set<String> gone = new TreeSet<>();
    Set<String> fresh = new TreeSet<>();
    before.forEach((address, chain) -> {
      if (!chain.equals(now.get(address))) {
        gone.add(address);
      }
    });
    now.forEach((address, chain) -> {
      if (!chain.equals(before.get(address))) {
        fresh.add(address);
      }
    });
    elements(out, "delete", map, gone, address -> address);
    elements(out, "add", map, fresh, address -> address + " : jump " + now.get(address));
  }

  private void elements(
      StringBuilder out, String verb, String set, Set<String> some, Function<String, String> form) {
    List<String> all = new ArrayList<>(some);
    for (int i = 0; i < all.size(); i += ELEMENTS_PER_LINE) {
      out.append(
          "%s element %s %s %s { %s }\n"
              .formatted(
                  verb,
                  ip,
                  table,
                  set,
                  all.subList(i, Math.min(i + ELEMENTS_PER_LINE, all.size())).stream()
                      .map(form)
                      .collect(Collectors.joining(", "))));
    }
  }

  private static Set<String> missing(Set<String> from, Set<String> in) {
    Set<String> out = new TreeSet<>(from);
    out.removeAll(in);
    return out;
  }

  /** Every isolated address with itself. */
  private static Set<String> pairs(RuleModel model) {
    Set<String> addresses = new HashSet<>(model.ingressChains().keySet());
    addresses.addAll(model.egressChains().keySet());
    return addresses.stream().map(a -> a + " . " + a).collect(Collectors.toSet());
  }

  private void obsolete(StringBuilder out, String kind, Set<String> before, Set<String> now) {
    Set<String> gone = missing(before, now);
    // Rules of the one may name sets and chains of another, so they go before any is deleted.
    if (kind.equals("chain")) {
      gone.forEach(name -> out.append("flush chain %s %s %s\n".formatted(ip, table, name)));
    }
    gone.forEach(name -> out.append("delete %s %s %s %s\n".formatted(kind, ip, table, name)));
  }
}
