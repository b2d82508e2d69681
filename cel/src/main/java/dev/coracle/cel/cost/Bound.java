package dev.coracle.cel.cost;

/**
 * The least and the most something may be: a size (characters, items, entries) or a cost. What is
 * too large for a long stays at {@link #ENDLESS}.
 */
public record Bound(long min, long max) {

  static final long ENDLESS = Long.MAX_VALUE;
  static final Bound NONE = new Bound(0, 0);
  static final Bound ONE = new Bound(1, 1);
  static final Bound UNKNOWN = new Bound(0, ENDLESS);

  static Bound of(long value) {
    return new Bound(value, value);
  }

  Bound plus(Bound other) {
    return new Bound(plus(min, other.min), plus(max, other.max));
  }

  Bound times(Bound other) {
    return new Bound(times(min, other.min), times(max, other.max));
  }

  /** Each end by this much, rounded up. */
  Bound times(double factor) {
    return new Bound(times(min, factor), times(max, factor));
  }

  /** From the smaller of both to the larger. */
  Bound union(Bound other) {
    return new Bound(Math.min(min, other.min), Math.max(max, other.max));
  }

  static long plus(long a, long b) {
    return a > ENDLESS - b ? ENDLESS : a + b;
  }

  public static long times(long a, long b) {
    return b != 0 && a > ENDLESS / b ? ENDLESS : a * b;
  }

  private static long times(long a, double factor) {
    double product = Math.ceil(a * factor);
    return a == ENDLESS || product >= (double) ENDLESS ? ENDLESS : (long) product;
  }
}
