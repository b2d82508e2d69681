package dev.coracle.metrics.internal.usage;

import java.time.Instant;

/**
 * What was read of a node or a container at one moment.
 *
 * @param cpuSeconds used since its start; negative where it was not read
 * @param memoryBytes working set; negative where it was not read
 * @param started of a container, {@link Instant#MIN} where it is not known
 */
public record Sample(Instant time, double cpuSeconds, double memoryBytes, Instant started) {

  static final Sample NONE = new Sample(Instant.MIN, -1, -1, Instant.MIN);

  boolean complete() {
    return cpuSeconds >= 0 && memoryBytes >= 0;
  }

  Sample at(Instant newTime) {
    return new Sample(newTime.isAfter(time) ? newTime : time, cpuSeconds, memoryBytes, started);
  }

  Sample withCpu(double seconds) {
    return new Sample(time, seconds, memoryBytes, started);
  }

  Sample withMemory(double bytes) {
    return new Sample(time, cpuSeconds, bytes, started);
  }

  Sample withStart(Instant start) {
    return new Sample(time, cpuSeconds, memoryBytes, start);
  }
}
