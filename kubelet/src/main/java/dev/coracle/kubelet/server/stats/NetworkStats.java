package dev.coracle.kubelet.server.stats;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Cumulative network counters; the first interface is the default one. */
public record NetworkStats(Instant time, List<Interface> interfaces) {
  public NetworkStats {
    interfaces = List.copyOf(interfaces);
  }

  /** One interface, bytes and errors since it came up. */
  public record Interface(
      String name,
      @Nullable Long rxBytes,
      @Nullable Long rxErrors,
      @Nullable Long txBytes,
      @Nullable Long txErrors) {}
}
