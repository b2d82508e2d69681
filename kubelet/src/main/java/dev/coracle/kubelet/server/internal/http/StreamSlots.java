package dev.coracle.kubelet.server.internal.http;

import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts streaming sessions and refuses more than the limit. Safe for any thread. */
final class StreamSlots {
  private final int limit;
  private final AtomicInteger used = new AtomicInteger();

  StreamSlots(int limit) {
    this.limit = limit;
  }

  /** Takes a slot, or answers 429. */
  boolean take(RoutingContext rc) {
    if (used.incrementAndGet() > limit) {
      used.decrementAndGet();
      Replies.text(rc, 429, "too many streaming sessions on this node");
      return false;
    }
    return true;
  }

  void release() {
    used.decrementAndGet();
  }
}
