package dev.coracle.apiserver.internal;

import dev.coracle.api.GroupVersionResource;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Every metric of the API server, under upstream's names. */
public final class ApiServerMetrics {

  /** Codes above are counted as this one. */
  private static final int MOST_CODE = 600;

  private record Kind(
      String verb, String group, String version, String resource, String subresource) {

    Tags tags() {
      return Tags.of(
          "verb", verb,
          "group", group,
          "version", version,
          "resource", resource,
          "subresource", subresource);
    }
  }

  private record Answer(Kind kind, int code) {}

  private final MeterRegistry registry;

  /** Found again by a hash, where the registry would build and sort tags for every request. */
  private final Map<Answer, Counter> counters = new ConcurrentHashMap<>();

  private final Map<Kind, Timer> timers = new ConcurrentHashMap<>();
  private final Map<GroupVersionResource, Set<String>> deprecated = new ConcurrentHashMap<>();
  private final AtomicInteger reads = new AtomicInteger();
  private final AtomicInteger writes = new AtomicInteger();
  private final AtomicInteger longRunning = new AtomicInteger();

  public ApiServerMetrics(MeterRegistry registry) {
    this.registry = registry;
    registry.gauge(
        "apiserver_current_inflight_requests", Tags.of("request_kind", "readOnly"), reads);
    registry.gauge(
        "apiserver_current_inflight_requests", Tags.of("request_kind", "mutating"), writes);
    registry.gauge("apiserver_longrunning_requests", longRunning);
  }

  public AtomicInteger inFlight(boolean mutating) {
    return mutating ? writes : reads;
  }

  public AtomicInteger longRunning() {
    return longRunning;
  }

  /**
   * Counts an attempt to act as another.
   *
   * @param mode empty for one that no mode allowed
   */
  public void impersonated(String mode, boolean allowed) {
    registry
        .counter("apiserver_impersonation_attempts_total", impersonation(mode, allowed))
        .increment();
  }

  /** Counts a question that an attempt to act as another led to. */
  public void impersonationAsked(String mode, boolean allowed) {
    registry
        .counter(
            "apiserver_impersonation_authorization_attempts_total", impersonation(mode, allowed))
        .increment();
  }

  private static Tags impersonation(String mode, boolean allowed) {
    return Tags.of("mode", mode, "decision", allowed ? "allowed" : "denied");
  }

  /** Counts a finished request; resources that nobody serves count as one. */
  public void request(
      String verb,
      String group,
      String version,
      String resource,
      String subresource,
      int code,
      long nanos,
      boolean timed) {
    Kind kind = new Kind(verb, group, version, resource, subresource);
    counters.computeIfAbsent(new Answer(kind, code), this::counter).increment();
    if (timed) {
      timers.computeIfAbsent(kind, this::timer).record(nanos, TimeUnit.NANOSECONDS);
    }
  }

  private Counter counter(Answer answer) {
    return Counter.builder("apiserver_request_total")
        .description("Requests by verb, resource and answer")
        .tags(answer.kind().tags())
        .tag("code", Integer.toString(answer.code()))
        .register(registry);
  }

  private Timer timer(Kind kind) {
    return Timer.builder("apiserver_request_duration_seconds")
        .description("Time to answer, watches and streams aside")
        .tags(kind.tags())
        .serviceLevelObjectives(
            Duration.ofMillis(5),
            Duration.ofMillis(25),
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(200),
            Duration.ofMillis(400),
            Duration.ofMillis(600),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60))
        .register(registry);
  }

  /** Notes that somebody asked for what should no longer be used. */
  public void deprecated(GroupVersionResource resource, String subresource, String removedRelease) {
    Set<String> known = deprecated.computeIfAbsent(resource, _ -> ConcurrentHashMap.newKeySet());
    if (known.add(subresource)) {
      Gauge.builder("apiserver_requested_deprecated_apis", () -> 1)
          .description("Deprecated APIs that have been requested, and the release without them")
          .tag("group", resource.group())
          .tag("version", resource.version())
          .tag("resource", resource.resource())
          .tag("subresource", subresource)
          .tag("removed_release", removedRelease)
          .register(registry);
    }
  }

  /** Requests turned away because too many were in flight. */
  public void rejected(boolean mutating) {
    registry
        .counter(
            "apiserver_dropped_requests_total", "request_kind", mutating ? "mutating" : "readOnly")
        .increment();
  }

  /**
   * A call of an admission webhook.
   *
   * @param code of its answer: 200 where it allows the request, else that of its refusal or failure
   */
  public void webhook(
      String name, String type, String operation, boolean rejected, int code, long nanos) {
    registry
        .counter(
            "apiserver_admission_webhook_request",
            "name",
            name,
            "type",
            type,
            "operation",
            operation,
            "code",
            Integer.toString(Math.min(code, MOST_CODE)),
            "rejected",
            Boolean.toString(rejected))
        .increment();
    Timer.builder("apiserver_admission_webhook_admission_duration_seconds")
        .description("Time an admission webhook took to answer")
        .tag("name", name)
        .tag("type", type)
        .tag("operation", operation)
        .tag("rejected", Boolean.toString(rejected))
        .register(registry)
        .record(Duration.ofNanos(nanos));
  }

  public void webhookRejection(
      String name, String type, String operation, String errorType, int code) {
    registry
        .counter(
            "apiserver_admission_webhook_rejection_count",
            "name",
            name,
            "type",
            type,
            "operation",
            operation,
            "error_type",
            errorType,
            "rejection_code",
            Integer.toString(Math.min(code, MOST_CODE)))
        .increment();
  }

  /** A webhook that could not be called and is ignored then. */
  public void webhookFailOpen(String name, String type) {
    registry
        .counter("apiserver_admission_webhook_fail_open_count", "name", name, "type", type)
        .increment();
  }

  public void audit(String decision) {
    registry.counter("apiserver_authorization_decisions_total", "decision", decision).increment();
  }
}
