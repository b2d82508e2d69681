package dev.coracle.apiserver.internal.policy;

import dev.coracle.cel.CelFailure;
import dev.coracle.cel.Expression;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Failures of evaluation in upstream's words. */
final class PolicyFailures {

  private PolicyFailures() {}

  /** Several as one, each of which is told once. */
  static CelFailure all(List<CelFailure> failures) {
    Set<String> words = new LinkedHashSet<>();
    failures.forEach(f -> words.add(f.words()));
    return new CelFailure(
        words.size() == 1 ? words.iterator().next() : "[" + String.join(", ", words) + "]",
        failures.stream().anyMatch(CelFailure::overBudget));
  }

  static CelFailure of(Expression expression, CelFailure why) {
    return new CelFailure(
        "expression '" + expression.text() + "' resulted in error: " + why.words(),
        why.overBudget());
  }
}
