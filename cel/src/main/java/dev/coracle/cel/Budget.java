package dev.coracle.cel;

/**
 * What evaluation may cost for one request, in Kubernetes' units (see {@link
 * dev.coracle.cel.cost.RunCosts}); one expression may cost {@link #PER_EXPRESSION} at most. Belongs
 * to one thread at a time.
 */
public final class Budget {

  static final long PER_EXPRESSION = 1_000_000;

  private static final long PER_REQUEST = 10_000_000;

  private long left = PER_REQUEST;
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

  /** Whether nothing is left of the request's. */
  public boolean isSpent() {
    return left <= 0;
  }

  boolean spent() {
    return ofExpression < 0;
  }
}
