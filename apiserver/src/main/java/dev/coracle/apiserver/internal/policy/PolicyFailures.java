package dev.coracle.apiserver.internal.policy;

import dev.coracle.api.Aggregate;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.Expression;
import java.util.List;

/** Failures of evaluation in upstream's words. */
final class PolicyFailures {

  private PolicyFailures() {}

  /** Several as one, each of which is told once. */
  static CelFailure all(List<CelFailure> failures) {
    return new CelFailure(
        Aggregate.of(failures.stream().map(CelFailure::words).toList()),
        failures.stream().anyMatch(CelFailure::overBudget));
  }

  static CelFailure of(Expression expression, CelFailure why) {
    return new CelFailure(
        "expression '" + expression.text() + "' resulted in error: " + why.words(),
        why.overBudget());
  }
}
