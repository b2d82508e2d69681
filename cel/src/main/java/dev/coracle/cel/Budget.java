package dev.coracle.cel;

/**
 * What evaluation may cost for one request, and in admission for one policy under one binding with
 * one parameter, in Kubernetes' units (see {@link dev.coracle.cel.cost.RunCosts}); one expression
 * may cost {@link #PER_EXPRESSION} at most. Belongs to one thread at a time.
 */
public final class Budget {

  static final long PER_EXPRESSION = 1_000_000;

  private static final long WHOLE = 10_000_000;

  private static final long OF_MATCH_CONDITIONS = WHOLE / 4;

  private long left;
  private long ofExpression;

  public Budget() {
    this(WHOLE);
  }

  private Budget(long whole) {
    left = whole;
  }

  /** For all {@code matchConditions} of one webhook, or of one policy, together. */
  public static Budget ofMatchConditions() {
    return new Budget(OF_MATCH_CONDITIONS);
  }

  void begin() {
    ofExpression = Math.min(left, PER_EXPRESSION);
  }

  void spend(long cost) {
    left -= cost;
    ofExpression -= cost;
    if (spent()) {
      throw failure();
    }
  }

  /** Whether nothing is left of the whole. */
  public boolean isSpent() {
    return left <= 0;
  }

  /** Whether more than the whole was asked for: what follows is not evaluated any more. */
  public boolean isExceeded() {
    return left < 0;
  }

  boolean spent() {
    return ofExpression < 0;
  }

  /** Why an expression was stopped, in upstream's words. */
  public CelFailure failure() {
    return new CelFailure(
        isExceeded()
            ? "validation failed due to running out of cost budget, no further validation rules"
                + " will be run"
            : "operation cancelled: actual cost limit exceeded",
        true);
  }
}
