package dev.coracle.kubelet.server.stats;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Cumulative network counters of the interfaces, of which {@code eth0} is the default one, as for
 * upstream.
 */
public record NetworkStats(Instant time, List<Interface> interfaces) {
  private static final String DEFAULT = "eth0";

  public NetworkStats {
    interfaces = List.copyOf(interfaces);
  }

  Optional<Interface> byDefault() {
    return interfaces.stream().filter(i -> i.name().equals(DEFAULT)).findFirst();
  }

  /**
   * One interface, since it came up.
   *
   * @param rxPackets packets, and those that were dropped, where somebody counts them
   */
  public record Interface(
      String name,
      @Nullable Long rxBytes,
      @Nullable Long rxErrors,
      @Nullable Long txBytes,
      @Nullable Long txErrors,
      @Nullable Long rxPackets,
      @Nullable Long rxDropped,
      @Nullable Long txPackets,
      @Nullable Long txDropped) {}
}
