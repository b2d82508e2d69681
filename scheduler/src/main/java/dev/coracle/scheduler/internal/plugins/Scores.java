package dev.coracle.scheduler.internal.plugins;

import java.util.HashMap;
import java.util.Map;

/** Brings raw scores to the common range of 0 to 100. */
final class Scores {

  static final long MAX = 100;

  private Scores() {}

  /** In proportion to the greatest; reversed, the greatest raw score becomes 0. */
  static Map<String, Long> normalised(Map<String, Long> raw, boolean reversed) {
    long max = raw.values().stream().mapToLong(Long::longValue).max().orElse(0);
    Map<String, Long> out = new HashMap<>();
    raw.forEach((node, score) -> {
      long share = max == 0 ? 0 : score * MAX / max;
      out.put(node, reversed ? MAX - share : share);
    });
    return out;
  }

  /** Stretched so that the least becomes 0 and the greatest 100. */
  static Map<String, Long> stretched(Map<String, Long> raw, boolean reversed) {
    long min = raw.values().stream().mapToLong(Long::longValue).min().orElse(0);
    long max = raw.values().stream().mapToLong(Long::longValue).max().orElse(0);
    Map<String, Long> out = new HashMap<>();
    raw.forEach((node, score) -> {
      long share = max == min ? 0 : (score - min) * MAX / (max - min);
      out.put(node, reversed && max != min ? MAX - share : share);
    });
    return out;
  }
}
