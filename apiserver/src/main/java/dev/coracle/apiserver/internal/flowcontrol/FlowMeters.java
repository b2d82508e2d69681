package dev.coracle.apiserver.internal.flowcontrol;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The metrics of one flow schema at one level, made once. Every request has one seat. */
final class FlowMeters {

  /** Upstream's bounds of the histograms. */
  private static final Duration[] SECONDS = {
    Duration.ofMillis(5),
    Duration.ofMillis(20),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(200),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(2),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(15),
    Duration.ofSeconds(30)
  };

  private static final double[] LENGTHS = {1, 10, 25, 50, 100, 250, 500, 1000};

  private final MeterRegistry registry;
  private final Tags tags;
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger queued = new AtomicInteger();
  private final List<Gauge> gauges;
  private final Counter dispatched;
  private final Timer waited;
  private final Timer regular;
  private final Timer watch;
  private final DistributionSummary queueLength;

  FlowMeters(MeterRegistry registry, String schema, String level) {
    this.registry = registry;
    this.tags = Tags.of("flow_schema", schema, "priority_level", level);
    this.dispatched = registry.counter("apiserver_flowcontrol_dispatched_requests_total", tags);
    this.waited = waited(true);
    this.regular = executed("regular");
    this.watch = executed("watch");
    this.queueLength =
        DistributionSummary.builder("apiserver_flowcontrol_request_queue_length_after_enqueue")
            .description("Length of a queue as a request saw it that was put into it")
            .tags(tags)
            .serviceLevelObjectives(LENGTHS)
            .register(registry);
    this.gauges =
        List.of(
            gauge("current_inqueue_requests", queued),
            gauge("current_inqueue_seats", queued),
            gauge("current_executing_requests", running),
            gauge("current_executing_seats", running));
  }

  private Gauge gauge(String name, AtomicInteger number) {
    return Gauge.builder("apiserver_flowcontrol_" + name, number, AtomicInteger::get)
        .tags(tags)
        .register(registry);
  }

  private Timer waited(boolean executed) {
    return Timer.builder("apiserver_flowcontrol_request_wait_duration_seconds")
        .description("Time that requests waited in a queue")
        .tags(tags.and("execute", Boolean.toString(executed)))
        .serviceLevelObjectives(SECONDS)
        .register(registry);
  }

  private Timer executed(String type) {
    return Timer.builder("apiserver_flowcontrol_request_execution_seconds")
        .description("Time that requests ran; of watches, until their answer began")
        .tags(tags.and("type", type))
        .serviceLevelObjectives(SECONDS)
        .register(registry);
  }

  void enqueued(int length) {
    queued.incrementAndGet();
    queueLength.record(length);
  }

  void dispatched() {
    dispatched.increment();
    running.incrementAndGet();
  }

  void leftQueue(long nanos) {
    queued.decrementAndGet();
    waited.record(nanos, TimeUnit.NANOSECONDS);
  }

  void done(boolean longRunning, long nanos) {
    running.decrementAndGet();
    (longRunning ? watch : regular).record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A request that waited is turned away. */
  void withdrawn(String reason, long nanos) {
    queued.decrementAndGet();
    waited(false).record(nanos, TimeUnit.NANOSECONDS);
    rejected(reason);
  }

  /**
   * @param reason {@code queue-full}, {@code concurrency-limit}, {@code time-out} or {@code
   *     cancelled}
   */
  void rejected(String reason) {
    registry
        .counter("apiserver_flowcontrol_rejected_requests_total", tags.and("reason", reason))
        .increment();
  }

  /** Its flow schema is gone, and what is counted of it stays. */
  void gone() {
    gauges.forEach(registry::remove);
  }
}
