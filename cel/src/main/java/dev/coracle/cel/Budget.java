package dev.coracle.cel;

/**
 * What evaluation may cost for one request, and in admission for one policy under one binding with
 * one parameter, in Kubernetes' units (see {@link dev.coracle.cel.cost.RunCosts}); one expression
 * may cost {@link #PER_EXPRESSION} at most. Belongs to one thread at a time.
 */
public final class Budget {

  static final long PER_EXPRESSION = 1_000_000;

  private static final long WHOLE = 10_000_000;

  private long left = WHOLE;
  private long ofExpression;

  void begin() {
    ofExpression = Math.min(left, PER_EXPRESSION);
  }

  void spend(long cost) {
    left -= cost;
    ofExpression -= cost;
    if (ofExpression < 0) {
      throw new CelFailure("operation cancelled: actual cost limit exceeded", true);
    }
  }

  /** Whether nothing is left of the whole. */
  public boolean isSpent() {
    return left <= 0;
  }

  boolean spent() {
    return ofExpression < 0;
  }
}
