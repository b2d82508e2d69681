package dev.coracle.cel.cost;

import org.jspecify.annotations.Nullable;

/**
 * What a call costs, without its arguments.
 *
 * @param size of its result; null where that is not known
 */
record CallCost(Bound cost, @Nullable Bound size) {

  /** What it costs to look at a character of a text. */
  static final double CHARACTER = 0.1;

  static final double REGEX_CHARACTER = 0.25;

  static final CallCost NOMINAL = new CallCost(Bound.ONE, null);

  static CallCost of(Bound cost) {
    return new CallCost(cost, null);
  }

  /** A text is looked at from one end to the other. */
  static CallCost traversal(Bound size) {
    return of(size.times(CHARACTER));
  }
}
