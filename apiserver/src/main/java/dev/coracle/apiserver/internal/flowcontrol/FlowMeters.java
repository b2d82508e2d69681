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

/** The metrics of one flow schema at one level, made once. */
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
  private static final double[] SEATS = {1, 2, 4, 10};
  private static final double[] WATCHERS = {1, 10, 100, 1000, 10_000};

  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger runningSeats = new AtomicInteger();
  private final AtomicInteger queued = new AtomicInteger();
  private final AtomicInteger queuedSeats = new AtomicInteger();
  private final List<Gauge> gauges;
  private final Counter dispatched;
  private final Timer waited;
  private final Timer regular;
  private final Timer watch;
  private final DistributionSummary queueLength;
  private final DistributionSummary estimated;
  private final DistributionSummary watchers;
  private final Counter noAccommodation;

  FlowMeters(MeterRegistry registry, String schema, String level) {
    this.registry = registry;
    this.tags = Tags.of("flow_schema", schema, "priority_level", level);
    this.dispatched = registry.counter("apiserver_flowcontrol_dispatched_requests_total", tags);
    this.waited = waited(true);
    this.regular = executed("regular");
    this.watch = executed("watch");
    this.queueLength =
        summary(
            "request_queue_length_after_enqueue",
            "Length of a queue as a request saw it that was put into it",
            LENGTHS);
    this.estimated =
        summary(
            "work_estimated_seats",
            "Seats that requests were thought to take, while they run or after it, whichever is"
                + " more",
            SEATS);
    this.watchers =
        summary("watch_count_samples", "Watchers that a write was thought to wake", WATCHERS);
    this.noAccommodation =
        Counter.builder("apiserver_flowcontrol_request_dispatch_no_accommodation_total")
            .description("How often the next request did not fit into the free seats")
            .tags(tags)
            .register(registry);
    this.gauges =
        List.of(
            gauge("current_inqueue_requests", queued),
            gauge("current_inqueue_seats", queuedSeats),
            gauge("current_executing_requests", running),
            gauge("current_executing_seats", runningSeats));
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

  private DistributionSummary summary(String name, String description, double[] bounds) {
    return DistributionSummary.builder("apiserver_flowcontrol_" + name)
        .description(description)
        .tags(tags)
        .serviceLevelObjectives(bounds)
        .register(registry);
  }

  void estimated(int seats) {
    estimated.record(seats);
  }

  void watchers(int count) {
    watchers.record(count);
  }

  void enqueued(int length, int seats) {
    queued.incrementAndGet();
    queuedSeats.addAndGet(seats);
    queueLength.record(length);
  }

  void noAccommodation() {
    noAccommodation.increment();
  }

  void dispatched(int seats) {
    dispatched.increment();
    running.incrementAndGet();
    runningSeats.addAndGet(seats);
  }

  void leftQueue(int seats, long nanos) {
    queued.decrementAndGet();
    queuedSeats.addAndGet(-seats);
    waited.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** Seats were given back. */
  void released(int seats) {
    runningSeats.addAndGet(-seats);
  }

  void done(Ticket ticket, long nanos) {
    running.decrementAndGet();
    (ticket.request.verb().equals("watch") ? watch : regular).record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A request that waited is turned away. */
  void withdrawn(int seats, long nanos) {
    queued.decrementAndGet();
    queuedSeats.addAndGet(-seats);
    waited(false).record(nanos, TimeUnit.NANOSECONDS);
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
