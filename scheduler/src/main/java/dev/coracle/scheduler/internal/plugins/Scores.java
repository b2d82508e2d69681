package dev.coracle.scheduler.internal.plugins;

import java.util.Arrays;

/** Brings raw scores to the common range of 0 to 100, in place. */
final class Scores {

  static final long MAX = 100;

  private Scores() {}

  /** In proportion to the greatest; reversed, the greatest raw score becomes 0. */
  static long[] normalised(long[] scores, boolean reversed) {
    long max = Arrays.stream(scores).max().orElse(0);
    for (int i = 0; i < scores.length; i++) {
      long share = max == 0 ? 0 : scores[i] * MAX / max;
      scores[i] = reversed ? MAX - share : share;
    }
    return scores;
  }

  /** Stretched so that the least becomes 0 and the greatest 100; equal ones all become 0. */
  static long[] stretched(long[] scores) {
    long min = Arrays.stream(scores).min().orElse(0);
    long max = Arrays.stream(scores).max().orElse(0);
    for (int i = 0; i < scores.length; i++) {
      scores[i] = max == min ? 0 : (scores[i] - min) * MAX / (max - min);
    }
    return scores;
  }
}
