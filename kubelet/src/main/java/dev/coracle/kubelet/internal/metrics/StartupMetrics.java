package dev.coracle.kubelet.internal.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How long a new node took from the machine's boot to being ready, part by part. A kubelet that
 * finds its Node there already tells nothing of it. Safe for any thread.
 */
public final class StartupMetrics {
  private final KubeletMeters meters;
  private final Clock clock;
  private final Supplier<Instant> boot;
  private final Instant begun;
  private @Nullable Instant asked;
  private @Nullable Instant registered;
  private boolean ready;

  /**
   * @param boot when the machine came up
   */
  StartupMetrics(KubeletMeters meters, Clock clock, Supplier<Instant> boot) {
    this.meters = meters;
    this.clock = clock;
    this.boot = boot;
    this.begun = clock.instant();
  }

  /** The Node is to be made. */
  public synchronized void registering() {
    if (asked == null) {
      asked = clock.instant();
    }
  }

  /** It was made, not found. */
  public synchronized void registered() {
    Instant since = asked;
    if (since == null || registered != null) {
      return;
    }
    Instant now = clock.instant();
    registered = now;
    tell("pre_kubelet_", "before kubelet starts", Duration.between(boot.get(), begun));
    tell("pre_registration_", "before registration", Duration.between(begun, since));
    tell("registration_", "during registration", Duration.between(since, now));
  }

  /** The Node says that it is ready. */
  public synchronized void ready() {
    Instant since = registered;
    if (since == null || ready) {
      return;
    }
    ready = true;
    Instant now = clock.instant();
    tell("post_registration_", "after registration", Duration.between(since, now));
    tell("", "in total", Duration.between(boot.get(), now));
  }

  private void tell(String part, String what, Duration took) {
    double seconds = took.toNanos() / 1e9;
    Gauge.builder("kubelet_node_startup_" + part + "duration_seconds", () -> seconds)
        .description("Duration in seconds of node startup " + what + ".")
        .tags(Tags.of("node", meters.node()))
        .strongReference(true)
        .register(meters.registry());
  }
}
