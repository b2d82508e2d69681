package dev.coracle.api;

import java.util.List;

/**
 * A histogram that is kept elsewhere than in a registry of meters, since it counts other than one
 * by one. A meter whose measurements are one is exposed as a histogram.
 */
public interface HistogramSource {

  /**
   * What is in it at one moment.
   *
   * @param bounds the upper bounds of the buckets, ascending; the last is infinite
   * @param counts what is in each bucket alone
   * @param sum of all values
   */
  record Reading(List<Double> bounds, List<Long> counts, double sum) {
    public long count() {
      return counts.stream().mapToLong(Long::longValue).sum();
    }
  }

  /** On any thread. */
  Reading read();
}
