package dev.coracle.watchhub.internal.hub;

import dev.coracle.watchhub.Storage;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Leases for objects that end by time, Events above all. As upstream does, one lease is used for
 * all objects of about a minute (and at most a thousand), so a lease lives that much longer than
 * asked.
 */
final class Leaser {

  private static final long REUSE_SECONDS = 60;
  private static final int MAX_KEYS = 1000;

  private static final class Current {
    final Uni<Long> lease;
    final long until;
    int keys;

    Current(Uni<Long> lease, long until) {
      this.lease = lease;
      this.until = until;
    }
  }

  private final Storage storage;
  private final LongSupplier clock;
  private final Map<Duration, Current> current = new HashMap<>();

  Leaser(Storage storage, LongSupplier clock) {
    this.storage = storage;
    this.clock = clock;
  }

  /** A lease that lives at least this long. */
  synchronized Uni<Long> lease(Duration ttl) {
    long now = clock.getAsLong();
    Current c = current.get(ttl);
    if (c == null || c.until - now <= 0 || c.keys >= MAX_KEYS) {
      long reuse = Math.min(REUSE_SECONDS, Math.max(1, ttl.toSeconds() / 20));
      Uni<Long> granted = storage.grantLease(ttl.toSeconds() + reuse).memoize().indefinitely();
      c = new Current(granted, now + reuse * 1_000_000_000L);
      current.put(ttl, c);
    }
    c.keys++;
    return c.lease.onFailure().invoke(() -> forget(ttl));
  }

  synchronized void forget(Duration ttl) {
    current.remove(ttl);
  }
}
