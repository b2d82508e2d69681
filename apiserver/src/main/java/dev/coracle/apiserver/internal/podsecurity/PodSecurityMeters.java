package dev.coracle.apiserver.internal.podsecurity;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What Pods were held to, under the names of Kubernetes' metrics. */
public final class PodSecurityMeters {

  /** Newer versions than the one that is served are told apart from it, not from one another. */
  private static final int SERVED_MINOR = 36;

  /** What an evaluation was for. */
  public enum Mode {
    ENFORCE,
    AUDIT,
    WARN
  }

  /**
   * What was written.
   *
   * @param operation {@code create} or {@code update}
   * @param resource {@code pod}, {@code controller} or {@code namespace}
   */
  public record Written(String operation, String resource, String subresource) {
    private Tags tags() {
      return Tags.of(
          "request_operation", operation, "resource", resource, "subresource", subresource);
    }
  }

  private record Evaluation(boolean allowed, LevelVersion policy, Mode mode, Written written) {}

  private final MeterRegistry registry;
  private final Map<Evaluation, Counter> evaluations = new ConcurrentHashMap<>();

  public PodSecurityMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  public void evaluated(boolean allowed, LevelVersion policy, Mode mode, Written written) {
    evaluations
        .computeIfAbsent(new Evaluation(allowed, told(policy), mode, written), this::counter)
        .increment();
  }

  /** A policy as the metrics tell of it, so that namespaces cannot make ever more of them. */
  private static LevelVersion told(LevelVersion policy) {
    if (policy.level() == Level.PRIVILEGED) {
      return policy.withMinor(LevelVersion.LATEST);
    }
    return policy.minor() > SERVED_MINOR && policy.minor() != LevelVersion.LATEST
        ? policy.withMinor(SERVED_MINOR + 1)
        : policy;
  }

  private Counter counter(Evaluation key) {
    int minor = key.policy.minor();
    String version =
        minor == LevelVersion.LATEST ? "latest" : minor > SERVED_MINOR ? "future" : "v1." + minor;
    return Counter.builder("pod_security_evaluations_total")
        .description(
            "Number of policy evaluations that occurred, not counting ignored or exempt requests")
        .tags(
            key.written
                .tags()
                .and("decision", key.allowed ? "allow" : "deny")
                .and("mode", lower(key.mode))
                .and("policy_level", key.policy.level().toString())
                .and("policy_version", version))
        .register(registry);
  }

  private static String lower(Mode mode) {
    return mode.name().toLowerCase(java.util.Locale.ROOT);
  }

  public void exempted(Written written) {
    Counter.builder("pod_security_exemptions_total")
        .description("Number of exempt requests, not counting ignored or out of scope requests")
        .tags(written.tags())
        .register(registry)
        .increment();
  }

  /** A namespace's labels say nothing, so that the strictest policy stood in for them. */
  public void mistaken(Written written) {
    Counter.builder("pod_security_errors_total")
        .description("Number of errors preventing normal evaluation")
        .tags(written.tags().and("fatal", "false"))
        .register(registry)
        .increment();
  }
}
