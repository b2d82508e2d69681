package dev.coracle.apiserver.internal.policy;

import dev.coracle.cel.CelFailure;
import dev.coracle.cel.Expression;

/** Failures of evaluation in upstream's words. */
final class PolicyFailures {

  private PolicyFailures() {}

  static CelFailure of(Expression expression, CelFailure why) {
    return new CelFailure(
        "expression '" + expression.text() + "' resulted in error: " + why.words(),
        why.overBudget());
  }
}
