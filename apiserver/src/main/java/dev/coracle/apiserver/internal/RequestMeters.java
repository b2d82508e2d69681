package dev.coracle.apiserver.internal;

import dev.coracle.api.GroupResource;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * What is counted of finished requests, with upstream's names, labels and buckets, so that its
 * dashboards and alerts read them. Found again by a hash, where the registry would build and sort
 * tags for every request.
 */
public final class RequestMeters {

  private static final Duration[] BUCKETS =
      durations(
          5, 25, 50, 100, 200, 400, 600, 800, 1000, 1250, 1500, 2000, 3000, 4000, 5000, 6000, 8000,
          10_000, 15_000, 20_000, 30_000, 45_000, 60_000);

  private static final Duration[] SLI_BUCKETS =
      durations(
          50, 100, 200, 400, 600, 800, 1000, 1250, 1500, 2000, 3000, 4000, 5000, 6000, 8000, 10_000,
          15_000, 20_000, 30_000, 45_000, 60_000);

  /** From 50 kB in steps of 100 kB to beyond the largest body there may be. */
  private static final double[] BODIES =
      IntStream.range(0, 31).mapToDouble(i -> 50_000 + i * 100_000).toArray();

  private static final double[] SIZES = {1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

  /**
   * What a request was.
   *
   * @param verb {@code GET}, {@code LIST}, {@code WATCH}, {@code POST}, {@code PUT}, {@code PATCH},
   *     {@code APPLY}, {@code DELETE}, {@code CONNECT}, or {@code other}
   * @param dryRun {@code All}, or empty; {@code invalid} for anything else
   * @param group empty, as all that follows, for what nobody serves
   * @param scope {@code resource}, {@code namespace} or {@code cluster}
   */
  public record Kind(
      String verb,
      String dryRun,
      String group,
      String version,
      String resource,
      String subresource,
      String scope) {

    private Tags tags() {
      return Tags.of("verb", verb, "group", group, "version", version, "resource", resource)
          .and("subresource", subresource, "scope", scope, "component", "apiserver");
    }
  }

  private record Body(GroupResource resource, String verb) {}

  /** Of requests of one kind that are answered alike. */
  private record Answer(Kind kind, int code) {}

  /** Of finished requests of one kind, so that they are looked up once. */
  private record Times(Timer all, Timer own) {}

  private final MeterRegistry registry;
  private final Map<Answer, Counter> counters = new ConcurrentHashMap<>();
  private final Map<Kind, Times> times = new ConcurrentHashMap<>();
  private final Map<Kind, DistributionSummary> sizes = new ConcurrentHashMap<>();
  private final Map<Body, DistributionSummary> bodies = new ConcurrentHashMap<>();
  private final Map<Kind, AtomicInteger> longRunning = new ConcurrentHashMap<>();

  RequestMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  private static Duration[] durations(long... millis) {
    return LongStream.of(millis).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
  }

  public void counted(Kind kind, int code) {
    counters.computeIfAbsent(new Answer(kind, code), this::counter).increment();
  }

  /** Counts a request that the server ended in its own defence, with 429 or 504. */
  public void terminated(Kind kind, int code) {
    registry
        .counter(
            "apiserver_request_terminations_total", kind.tags().and("code", Integer.toString(code)))
        .increment();
  }

  /**
   * The time of a request that is no watch or stream.
   *
   * @param elsewhere how much of it webhooks and waiting for a turn took
   */
  public void timed(Kind kind, long nanos, long elsewhere) {
    Times found = times.computeIfAbsent(kind, k -> new Times(timer(k), indicator(k)));
    found.all.record(nanos, TimeUnit.NANOSECONDS);
    if (kind.dryRun().isEmpty()) {
      found.own.record(nanos - elsewhere, TimeUnit.NANOSECONDS);
    }
  }

  /** How large a body is that somebody sent, in bytes as they came. */
  public void body(GroupResource resource, String verb, long bytes) {
    bodies.computeIfAbsent(new Body(resource, verb), this::body).record(bytes);
  }

  private DistributionSummary body(Body body) {
    return DistributionSummary.builder("apiserver_request_body_size_bytes")
        .description("Bytes of the bodies of requests")
        .tags("group", body.resource.group(), "resource", body.resource.resource())
        .tag("verb", body.verb.equals("deletecollection") ? "delete_collection" : body.verb)
        .serviceLevelObjectives(BODIES)
        .register(registry);
  }

  /** How large the answer to a read is, in bytes as they are sent. */
  public void sized(Kind kind, long bytes) {
    sizes.computeIfAbsent(kind, this::size).record(bytes);
  }

  /**
   * Counts a watch or stream that runs from now on.
   *
   * @return to be run at its end
   */
  public Runnable longRunning(Kind kind) {
    AtomicInteger running = longRunning.computeIfAbsent(kind, this::running);
    running.incrementAndGet();
    return running::decrementAndGet;
  }

  private AtomicInteger running(Kind kind) {
    AtomicInteger running = new AtomicInteger();
    Gauge.builder("apiserver_longrunning_requests", running, AtomicInteger::get)
        .description("Watches and streams that run")
        .tags(kind.tags())
        .register(registry);
    return running;
  }

  private Counter counter(Answer answer) {
    return Counter.builder("apiserver_request_total")
        .description("Requests by verb, resource and answer")
        .tags(answer.kind().tags())
        .tags("dry_run", answer.kind().dryRun(), "code", Integer.toString(answer.code()))
        .register(registry);
  }

  private Timer timer(Kind kind) {
    return Timer.builder("apiserver_request_duration_seconds")
        .description("Time to answer, watches and streams aside")
        .tags(kind.tags())
        .tag("dry_run", kind.dryRun())
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  private Timer indicator(Kind kind) {
    return Timer.builder("apiserver_request_sli_duration_seconds")
        .description("Time to answer, without that of webhooks and of waiting for a turn")
        .tags(kind.tags())
        .serviceLevelObjectives(SLI_BUCKETS)
        .register(registry);
  }

  private DistributionSummary size(Kind kind) {
    return DistributionSummary.builder("apiserver_response_sizes")
        .description("Bytes of the answers to reads")
        .tags(kind.tags())
        .serviceLevelObjectives(SIZES)
        .register(registry);
  }
}
