package dev.coracle.metrics.internal.usage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * CPU and memory over a window.
 *
 * @param time the window's end
 * @param cores mean over the window
 * @param memoryBytes at its end
 */
public record Usage(Instant time, Duration window, double cores, double memoryBytes) {

  /**
   * From two samples; from one, over the time since the container's start. Empty where neither says
   * anything: the counter went back and the start is not known.
   */
  public static Optional<Usage> between(@Nullable Sample before, Sample now) {
    if (!now.complete()) {
      return Optional.empty();
    }
    // A start that is not before its own sample is no start: some runtimes do not tell it.
    boolean startKnown = !now.started().equals(Instant.MIN) && now.started().isBefore(now.time());
    boolean restarted =
        before != null
            && (now.cpuSeconds() < before.cpuSeconds()
                || (startKnown && now.started().isAfter(before.time())));
    if (before != null && !restarted && now.time().isAfter(before.time())) {
      return Optional.of(over(before.time(), before.cpuSeconds(), now));
    }
    if (startKnown) {
      return Optional.of(over(now.started(), 0, now));
    }
    return Optional.empty();
  }

  private static Usage over(Instant from, double cpuSeconds, Sample now) {
    Duration window = Duration.between(from, now.time());
    double seconds = window.toNanos() / 1e9;
    return new Usage(
        now.time(), window, (now.cpuSeconds() - cpuSeconds) / seconds, now.memoryBytes());
  }

  /** {@code {"cpu": "12345678n", "memory": "4096Ki"}}. */
  public void write(ObjectNode usage) {
    usage.put("cpu", Math.round(cores * 1e9) + "n");
    usage.put("memory", Math.round(memoryBytes / 1024) + "Ki");
  }

  /** A duration as Kubernetes writes one: {@code 15.021s}, {@code 2m0.5s}. */
  public static String text(Duration duration) {
    long minutes = duration.toMinutes();
    double seconds = Math.round((duration.toNanos() - minutes * 60e9) / 1e6) / 1000.0;
    String rest =
        seconds == Math.rint(seconds) ? Long.toString((long) seconds) : Double.toString(seconds);
    long hours = minutes / 60;
    return (hours > 0 ? hours + "h" : "") + (minutes > 0 ? minutes % 60 + "m" : "") + rest + "s";
  }
}
