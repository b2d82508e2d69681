package dev.coracle.apiserver.internal;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.apiserver.internal.authz.AuthorizationMeters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Every metric of the API server, under upstream's names. */
public final class ApiServerMetrics {

  /** Codes above are counted as this one. */
  private static final int MOST_CODE = 600;

  private static final Duration[] CONVERSION =
      Stream.of(5, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private static final Duration[] WEBHOOK =
      Stream.of(5, 25, 100, 500, 1000, 2500, 10_000, 25_000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private static final Duration[] POLICY = {
    Duration.ofNanos(500),
    Duration.ofMillis(1),
    Duration.ofMillis(10),
    Duration.ofMillis(100),
    Duration.ofSeconds(1)
  };

  private final MeterRegistry registry;

  private final RequestMeters requests;
  private final WatchMeters watches;
  private final AuthorizationMeters authorization;
  private final Counter handshakeErrors;
  private final Map<GroupVersionResource, Set<String>> deprecated = new ConcurrentHashMap<>();
  private final AtomicInteger reads = new AtomicInteger();
  private final AtomicInteger writes = new AtomicInteger();

  public ApiServerMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.requests = new RequestMeters(registry);
    this.watches = new WatchMeters(registry);
    this.authorization = new AuthorizationMeters(registry);
    this.handshakeErrors = registry.counter("apiserver_tls_handshake_errors_total");
    registry.gauge(
        "apiserver_current_inflight_requests", Tags.of("request_kind", "readOnly"), reads);
    registry.gauge(
        "apiserver_current_inflight_requests", Tags.of("request_kind", "mutating"), writes);
  }

  /** Somebody connected who could not agree on TLS. */
  public void handshakeFailed() {
    handshakeErrors.increment();
  }

  public AtomicInteger inFlight(boolean mutating) {
    return mutating ? writes : reads;
  }

  public RequestMeters requests() {
    return requests;
  }

  public WatchMeters watches() {
    return watches;
  }

  public AuthorizationMeters authorization() {
    return authorization;
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
        .serviceLevelObjectives(WEBHOOK)
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

  /**
   * A conversion by webhook.
   *
   * @param definition the name of the CustomResourceDefinition
   * @param failure upstream's word for why it failed; empty where it did not
   */
  public void conversion(String definition, String from, String to, String failure, long nanos) {
    boolean succeeded = failure.isEmpty();
    Tags result = Tags.of("result", succeeded ? "success" : "failure", "failure_type", failure);
    registry.counter("apiserver_conversion_webhook_request_total", result).increment();
    Timer.builder("apiserver_conversion_webhook_duration_seconds")
        .description("Time a conversion webhook took to answer")
        .tags(result)
        .serviceLevelObjectives(CONVERSION)
        .register(registry)
        .record(Duration.ofNanos(nanos));
    Timer.builder("apiserver_crd_conversion_webhook_duration_seconds")
        .description("Time the conversion of a custom resource took")
        .tags("crd_name", definition, "from_version", from, "to_version", to)
        .tag("succeeded", Boolean.toString(succeeded))
        .serviceLevelObjectives(CONVERSION)
        .register(registry)
        .record(Duration.ofNanos(nanos));
  }

  /**
   * A validation of a ValidatingAdmissionPolicy that did not hold, or could not be evaluated.
   *
   * @param errorType upstream's word for why
   * @param action what came of it: {@code deny}, {@code audit}, {@code warn}, or {@code allow}
   *     where the policy ignores failures
   */
  public void policyCheck(
      String policy, String binding, String errorType, String action, long nanos) {
    expression(
        "validating",
        Tags.of("policy", policy, "policy_binding", binding)
            .and("error_type", errorType, "enforcement_action", action),
        nanos);
  }

  /**
   * A mutation of a MutatingAdmissionPolicy.
   *
   * @param errorType upstream's word for why it failed, or {@code no_error}
   */
  public void mutation(String policy, String binding, String errorType, long nanos) {
    expression(
        "mutating",
        Tags.of("policy", policy, "policy_binding", binding, "error_type", errorType),
        nanos);
  }

  private void expression(String kind, Tags tags, long nanos) {
    String name = "apiserver_" + kind + "_admission_policy_check";
    registry.counter(name + "_total", tags).increment();
    Timer.builder(name + "_duration_seconds")
        .description("Time one expression of an admission policy took")
        .tags(tags)
        .serviceLevelObjectives(POLICY)
        .register(registry)
        .record(Duration.ofNanos(nanos));
  }
}
