package dev.coracle.apiserver.internal.authz;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Compares sets of rules: which of the wanted ones are not covered by those held. */
public final class Escalation {

  private Escalation() {}

  /** The smallest parts of {@code wanted} that no rule of {@code held} covers. */
  public static List<PolicyRule> missing(List<PolicyRule> held, List<PolicyRule> wanted) {
    List<PolicyRule> out = new ArrayList<>();
    for (PolicyRule rule : wanted) {
      for (PolicyRule part : parts(rule)) {
        if (held.stream().noneMatch(h -> covers(h, part))) {
          out.add(part);
        }
      }
    }
    return out;
  }

  private static List<PolicyRule> parts(PolicyRule rule) {
    List<PolicyRule> out = new ArrayList<>();
    for (String verb : rule.verbs()) {
      for (String path : rule.paths()) {
        out.add(new PolicyRule(Set.of(verb), Set.of(), Set.of(), Set.of(), List.of(path)));
      }
      for (String group : rule.groups()) {
        for (String resource : rule.resources()) {
          if (rule.names().isEmpty()) {
            out.add(
                new PolicyRule(Set.of(verb), Set.of(group), Set.of(resource), Set.of(), List.of()));
          }
          for (String name : rule.names()) {
            out.add(
                new PolicyRule(
                    Set.of(verb), Set.of(group), Set.of(resource), Set.of(name), List.of()));
          }
        }
      }
    }
    return out;
  }

  private static boolean covers(PolicyRule held, PolicyRule part) {
    if (!has(held.verbs(), part.verbs())) {
      return false;
    }
    if (!part.paths().isEmpty()) {
      String path = part.paths().getFirst();
      return held.paths().stream()
          .anyMatch(p ->
              p.equals("*")
                  || p.equals(path)
                  || p.endsWith("*") && path.startsWith(p.substring(0, p.length() - 1)));
    }
    String resource = part.resources().iterator().next();
    int slash = resource.indexOf('/');
    boolean resources =
        has(held.resources(), part.resources())
            || slash > 0 && held.resources().contains("*" + resource.substring(slash));
    boolean names =
        held.names().isEmpty() || !part.names().isEmpty() && held.names().containsAll(part.names());
    return has(held.groups(), part.groups()) && resources && names;
  }

  private static boolean has(Set<String> held, Set<String> wanted) {
    return held.contains("*") || held.containsAll(wanted);
  }

  /** As Go prints a list of texts: {@code ["a" "b"]}. */
  public static String goList(Collection<String> texts) {
    return texts.stream().map(t -> "\"" + t + "\"").collect(Collectors.joining(" ", "[", "]"));
  }

  /** One rule a line, the way upstream shows them. */
  public static String describe(List<PolicyRule> rules) {
    return rules.stream()
        .map(r ->
            r.paths().isEmpty()
                ? "{APIGroups:"
                    + goList(r.groups())
                    + ", Resources:"
                    + goList(r.resources())
                    + (r.names().isEmpty() ? "" : ", ResourceNames:" + goList(r.names()))
                    + ", Verbs:"
                    + goList(r.verbs())
                    + "}"
                : "{NonResourceURLs:" + goList(r.paths()) + ", Verbs:" + goList(r.verbs()) + "}")
        .distinct()
        .collect(Collectors.joining("\n"));
  }
}
