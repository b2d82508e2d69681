package dev.coracle.kubelet.internal.sync;

import java.time.Duration;
import java.util.Optional;

/**
 * Whether the SyncLoop still does anything. Upstream's loop stands still while the runtime cannot
 * be listed, and is held for broken when it has not turned for five minutes, or twice the time
 * after which it looks at everything anew.
 */
public final class LoopHealth {

  private static final Duration LEAST = Duration.ofMinutes(5);

  private final Duration limit;

  /**
   * @param resync {@code syncFrequency}, zero for never
   */
  public LoopHealth(Duration resync) {
    Duration twice = resync.multipliedBy(2);
    this.limit = twice.compareTo(LEAST) > 0 ? twice : LEAST;
  }

  /**
   * @param sinceRelist how long ago the runtime was listed
   * @param busyFor how long the loop has been at one event
   */
  public Optional<String> problem(Duration sinceRelist, Duration busyFor) {
    return sinceRelist.compareTo(limit) > 0 || busyFor.compareTo(limit) > 0
        ? Optional.of("sync Loop took longer than expected")
        : Optional.empty();
  }
}
