package dev.coracle.cel;

/**
 * How many steps of evaluation are left for one request; one expression may take {@link
 * #PER_EXPRESSION} of them at most. Belongs to one thread at a time.
 */
public final class Budget {

  /** Upstream's limits, in its units of cost; here a unit is one evaluated node. */
  static final long PER_EXPRESSION = 1_000_000;

  private static final long PER_REQUEST = 10_000_000;

  private long left = PER_REQUEST;
  private long ofExpression;

  void begin() {
    ofExpression = Math.min(left, PER_EXPRESSION);
  }

  void step() {
    left--;
    if (--ofExpression < 0) {
      throw new CelFailure("operation cancelled: actual cost limit exceeded", true);
    }
  }

  boolean spent() {
    return ofExpression < 0;
  }
}
