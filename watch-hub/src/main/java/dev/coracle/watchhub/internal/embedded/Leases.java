package dev.coracle.watchhub.internal.embedded;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The leases, their keys and their ends. A lease's time begins anew when the store is opened, as in
 * etcd. The writer's alone.
 */
final class Leases {

  /** One lease; times in nanoseconds of the injected clock. */
  static final class Lease {
    final long id;
    final long ttlSeconds;
    final Set<String> keys = new HashSet<>();
    long deadline;
    boolean ended;

    Lease(long id, long ttlSeconds) {
      this.id = id;
      this.ttlSeconds = ttlSeconds;
    }
  }

  private record Due(long deadline, Lease lease) {}

  private final Map<Long, Lease> byId = new HashMap<>();
  private final PriorityQueue<Due> queue =
      new PriorityQueue<>((a, b) -> Long.compare(a.deadline - b.deadline, 0));

  @Nullable Lease get(long id) {
    return byId.get(id);
  }

  Lease add(long id, long ttlSeconds, long now) {
    Lease lease = new Lease(id, ttlSeconds);
    byId.put(id, lease);
    renew(lease, now);
    queue.add(new Due(lease.deadline, lease));
    return lease;
  }

  /** Its place in the queue is corrected when it comes up. */
  void renew(Lease lease, long now) {
    lease.deadline = now + lease.ttlSeconds * 1_000_000_000L;
  }

  void remove(long id) {
    Lease lease = byId.remove(id);
    if (lease != null) {
      lease.ended = true;
    }
  }

  void restore(Lease lease) {
    lease.ended = false;
    byId.put(lease.id, lease);
    queue.add(new Due(lease.deadline, lease));
  }

  void attach(long id, String key) {
    Lease lease = byId.get(id);
    if (lease != null) {
      lease.keys.add(key);
    }
  }

  void detach(long id, String key) {
    Lease lease = byId.get(id);
    if (lease != null) {
      lease.keys.remove(key);
    }
  }

  /** A lease whose time is over, null when there is none yet. */
  @Nullable Lease due(long now) {
    while (true) {
      Due head = queue.peek();
      if (head == null) {
        return null;
      }
      if (head.lease.ended) {
        queue.poll();
      } else if (head.deadline != head.lease.deadline) {
        queue.poll();
        queue.add(new Due(head.lease.deadline, head.lease));
      } else if (head.deadline - now <= 0) {
        return head.lease;
      } else {
        return null;
      }
    }
  }

  /** Nanoseconds until the next lease may end, {@link Long#MAX_VALUE} when there is none. */
  long untilNext(long now) {
    Due head = queue.peek();
    return head == null ? Long.MAX_VALUE : Math.max(0, head.deadline - now);
  }

  java.util.Collection<Lease> all() {
    return byId.values();
  }
}
