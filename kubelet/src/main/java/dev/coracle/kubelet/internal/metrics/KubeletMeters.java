package dev.coracle.kubelet.internal.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.DoubleStream;

/**
 * Makes meters of one node, or of many simulated ones under one name.
 *
 * @param node the label {@code node} of each
 */
record KubeletMeters(MeterRegistry registry, String node) {
  /** The bounds that Prometheus' own client has for latencies, in seconds. */
  static final double[] LATENCIES = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

  Counter counter(String name, String help, Tags tags) {
    return Counter.builder(name).description(help).tags(tags.and("node", node)).register(registry);
  }

  /**
   * @param name ends in {@code _seconds}
   * @param bounds of the histogram, in seconds
   */
  Timer timer(String name, String help, Tags tags, double[] bounds) {
    return Timer.builder(name.replaceFirst("_seconds$", ""))
        .description(help)
        .tags(tags.and("node", node))
        .serviceLevelObjectives(
            DoubleStream.of(bounds)
                .mapToObj(s -> Duration.ofNanos(Math.round(s * 1e9)))
                .toArray(Duration[]::new))
        .register(registry);
  }

  /** A number that is set; to be called once for each name and tags. */
  AtomicLong number(String name, String help, Tags tags) {
    AtomicLong value = new AtomicLong();
    Gauge.builder(name, value, AtomicLong::get)
        .description(help)
        .tags(tags.and("node", node))
        .strongReference(true)
        .register(registry);
    return value;
  }
}
