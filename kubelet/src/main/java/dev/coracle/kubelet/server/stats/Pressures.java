package dev.coracle.kubelet.server.stats;

import java.util.Optional;

/**
 * How processes had to wait for CPU, memory and disks (pressure stall information, KEP-4205), each
 * empty where the kernel does not tell.
 */
public record Pressures(Optional<Stalls> cpu, Optional<Stalls> memory, Optional<Stalls> io) {
  public static final Pressures UNKNOWN =
      new Pressures(Optional.empty(), Optional.empty(), Optional.empty());

  /**
   * What they waited for one resource.
   *
   * @param full time in which none of them could go on
   * @param some time in which at least one could not
   */
  public record Stalls(Share full, Share some) {}

  /**
   * Time of waiting.
   *
   * @param total microseconds since the group was made
   * @param avg10 percent of the last ten seconds; likewise of the last minute and five minutes
   */
  public record Share(long total, double avg10, double avg60, double avg300) {
    double seconds() {
      return total / 1e6;
    }
  }
}
