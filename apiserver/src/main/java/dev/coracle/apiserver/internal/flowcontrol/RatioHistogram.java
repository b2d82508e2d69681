package dev.coracle.apiserver.internal.flowcontrol;

import dev.coracle.api.HistogramSource;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How long a ratio had which value: a histogram of what was observed at the end of every
 * nanosecond, as upstream's timing ratio histograms are. A change adds the time that has passed to
 * one bucket; while nothing changes, nothing is done.
 *
 * <p>Guarded by the lock that it is made with, which its owner holds as it changes it.
 */
final class RatioHistogram implements HistogramSource, Iterable<Measurement> {

  private final ReentrantLock lock;
  private final LongSupplier nanos;
  private final double[] bounds;

  /** By bucket; the last is for what is above all bounds. */
  private final long[] passed;

  private double sum;
  private long since;
  private double numerator;
  private double denominator = 1;
  private double ratio;
  private int bucket;

  RatioHistogram(ReentrantLock lock, LongSupplier nanos, double... bounds) {
    this.lock = lock;
    this.nanos = nanos;
    this.bounds = bounds;
    this.passed = new long[bounds.length + 1];
    this.since = nanos.getAsLong();
    this.bucket = bucketOf(0);
  }

  RatioHistogram register(MeterRegistry registry, String name, String description, Tags tags) {
    Meter.builder("apiserver_flowcontrol_" + name, Meter.Type.OTHER, this)
        .description(description)
        .tags(tags)
        .register(registry);
    return this;
  }

  void add(int change, long now) {
    if (change != 0) {
      numerator += change;
      changed(now);
    }
  }

  void limit(double newDenominator, long now) {
    if (newDenominator != denominator) {
      denominator = newDenominator;
      changed(now);
    }
  }

  private void changed(long now) {
    pass(now);
    ratio = numerator / denominator;
    bucket = bucketOf(ratio);
  }

  private void pass(long now) {
    if (now > since) {
      passed[bucket] += now - since;
      sum += ratio * (now - since);
      since = now;
    }
  }

  private int bucketOf(double value) {
    int at = Arrays.binarySearch(bounds, value);
    return at < 0 ? -at - 1 : at;
  }

  @Override
  public Reading read() {
    List<Double> upper = new ArrayList<>(passed.length);
    List<Long> counts = new ArrayList<>(passed.length);
    lock.lock();
    try {
      pass(nanos.getAsLong());
      for (int i = 0; i < passed.length; i++) {
        upper.add(i < bounds.length ? bounds[i] : Double.POSITIVE_INFINITY);
        counts.add(passed[i]);
      }
      return new Reading(upper, counts, sum);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Iterator<Measurement> iterator() {
    return List.of(
            new Measurement(() -> (double) read().count(), Statistic.COUNT),
            new Measurement(() -> read().sum(), Statistic.TOTAL))
        .iterator();
  }
}
