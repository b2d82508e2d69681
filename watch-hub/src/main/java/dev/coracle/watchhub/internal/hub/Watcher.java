package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import java.util.Iterator;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One watch: a filter, a demand and a place in the resource's history. It holds no events: when an
 * event comes and none is asked for, it notes the place and lags; when it is asked again it goes on
 * from the history, and when that has dropped the place, it ends with 410 Expired. So a stuck
 * watcher costs its few hundred bytes and nothing more.
 *
 * <p>All but {@link #request} and {@link #cancel} happens on the shard's event loop.
 */
final class Watcher implements Flow.Subscription {

  private enum Phase {
    STARTING,
    INITIAL,
    FOLLOWING,
    OVER
  }

  final ResourceCache cache;
  final Filter filter;
  final boolean bookmarks;
  private final Shard shard;
  private final Flow.Subscriber<? super WatchEvent> subscriber;
  private final AtomicLong demand = new AtomicLong();

  /** Behind: what comes is found in the history. */
  private volatile boolean waiting = true;

  private Phase phase = Phase.STARTING;
  private boolean delivering;

  /** The next event to look at. */
  private long next;

  /**
   * What the watch was asked to begin after. It may lie ahead of this hub's history, when another
   * control plane on the same etcd gave it out; what comes up to it is known to the watcher.
   */
  private long after;

  private RevisionRing ring;
  private @Nullable Iterator<StoredObject> initial;
  private long lastRevision;
  private boolean endMarked = true;
  private @Nullable Status failure;

  /** When to send the next bookmark and when to end, in nanoseconds of the shard's clock. */
  long bookmarkAt;

  long endAt = Long.MAX_VALUE;

  Watcher(
      Shard shard,
      ResourceCache cache,
      Filter filter,
      boolean bookmarks,
      Flow.Subscriber<? super WatchEvent> subscriber) {
    this.shard = shard;
    this.cache = cache;
    this.filter = filter;
    this.bookmarks = bookmarks;
    this.subscriber = subscriber;
    this.ring = cache.ring();
  }

  @Override
  public void request(long n) {
    if (n <= 0) {
      shard.run(() -> fail(StatusException.badRequest("demand must be positive").status()));
      return;
    }
    demand.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
    if (waiting) {
      shard.run(this::deliver);
    }
  }

  @Override
  public void cancel() {
    shard.run(this::end);
  }

  /** From a revision on, exclusive. */
  void startAfter(long revision) {
    if (phase != Phase.STARTING) {
      return;
    }
    long first = ring.firstAfter(revision);
    if (first < 0) {
      fail(tooOld(revision));
      return;
    }
    next = first;
    after = revision;
    lastRevision = revision;
    phase = Phase.FOLLOWING;
    deliver();
  }

  /** With all objects of a state first. */
  void startWith(ResourceState state, long revision, boolean markEnd) {
    if (phase != Phase.STARTING) {
      return;
    }
    initial = state.select(filter, "", cache);
    lastRevision = revision;
    endMarked = !markEnd;
    phase = Phase.INITIAL;
    shard.holdsState(this, true);
    deliver();
  }

  private Status tooOld(long revision) {
    return StatusException.expired(
            "too old resource version: " + revision + " (" + ring.baseRevision() + ")")
        .status();
  }

  boolean isOver() {
    return phase == Phase.OVER;
  }

  /** An event that the index routed here. */
  void offer(HubEvent event) {
    if (phase != Phase.FOLLOWING || waiting || event.sequence < next) {
      return; // it will be found in the history
    }
    WatchEvent seen = event.revision <= after ? null : event.seenBy(filter, cache);
    if (seen == null) {
      return;
    }
    if (!take()) {
      next = event.sequence;
      lag(true);
      if (demand.get() > 0) {
        shard.run(this::deliver); // the demand came in between
      }
      return;
    }
    next = event.sequence + 1;
    lastRevision = event.revision;
    subscriber.onNext(seen);
  }

  private void lag(boolean now) {
    if (waiting != now) {
      waiting = now;
      shard.lagging(now ? 1 : -1);
    }
  }

  /** One item may be given. */
  private boolean take() {
    long d = demand.get();
    if (d == 0) {
      return false;
    }
    if (d != Long.MAX_VALUE) {
      demand.decrementAndGet();
    }
    return true;
  }

  /** Gives what is there and asked for, from wherever it is. */
  void deliver() {
    if (delivering) {
      return;
    }
    delivering = true;
    try {
      boolean more = true;
      while (more) {
        more =
            switch (phase) {
              case STARTING, OVER -> false;
              case INITIAL -> deliverInitial();
              case FOLLOWING -> deliverHistory();
            };
      }
    } finally {
      delivering = false;
    }
  }

  private boolean deliverInitial() {
    if (checkFailure()) {
      return false;
    }
    Iterator<StoredObject> objects = java.util.Objects.requireNonNull(initial);
    while (objects.hasNext()) {
      if (!take()) {
        return false;
      }
      cache.toldInitial();
      subscriber.onNext(new WatchEvent.Added(objects.next().object));
      if (phase == Phase.OVER) {
        return false;
      }
    }
    if (!endMarked) {
      if (!take()) {
        return false;
      }
      endMarked = true;
      subscriber.onNext(new WatchEvent.Bookmark(Long.toString(lastRevision), true));
    }
    if (phase == Phase.OVER) {
      return false;
    }
    letGoOfState();
    long first = ring.firstAfter(lastRevision);
    if (first < 0) {
      fail(tooOld(lastRevision));
      return false;
    }
    next = first;
    phase = Phase.FOLLOWING;
    return true;
  }

  private boolean deliverHistory() {
    if (checkFailure() || !waiting && failure == null) {
      return false;
    }
    while (phase == Phase.FOLLOWING) {
      HubEvent event = ring.at(next);
      if (event == null) {
        if (!ring.holds(next) || ring != cache.ring()) {
          fail(tooOld(lastRevision));
          return false;
        }
        lag(false);
        return false;
      }
      WatchEvent seen = event.revision <= after ? null : event.seenBy(filter, cache);
      if (seen != null) {
        if (!take()) {
          return false;
        }
        lastRevision = event.revision;
        next++;
        subscriber.onNext(seen);
      } else {
        next++;
      }
    }
    return false;
  }

  /** Tells up to where nothing is missing; only when all of it was delivered. */
  void bookmark(long revision) {
    if (phase == Phase.FOLLOWING && !waiting && revision >= after && take()) {
      subscriber.onNext(new WatchEvent.Bookmark(Long.toString(revision), false));
    }
  }

  private void letGoOfState() {
    if (initial != null) {
      initial = null;
      shard.holdsState(this, false);
    }
  }

  /** Whether it is still in its initial events, and what came after them is gone already. */
  boolean isPastHistory() {
    return ring != cache.ring() || phase == Phase.INITIAL && lastRevision < ring.baseRevision();
  }

  /** The history was begun anew, or dropped what this one still needs. */
  void checkHistory() {
    if (phase == Phase.OVER || failure != null) {
      return;
    }
    boolean lost = isPastHistory() || phase == Phase.FOLLOWING && waiting && !ring.holds(next);
    if (lost) {
      fail(tooOld(lastRevision));
    }
  }

  /** Events went by that nobody offered, and the history has dropped them. */
  void lost() {
    if (phase == Phase.FOLLOWING && !waiting) {
      fail(tooOld(lastRevision));
    } else {
      checkHistory();
    }
  }

  /** Ends with a failure as soon as it may be said. */
  void fail(Status status) {
    if (phase == Phase.OVER || failure != null) {
      return;
    }
    failure = status;
    letGoOfState();
    lag(true);
    if (phase == Phase.STARTING || phase == Phase.INITIAL) {
      phase = Phase.FOLLOWING;
    }
    checkFailure();
  }

  private boolean checkFailure() {
    Status status = failure;
    if (status == null) {
      return false;
    }
    if (take()) {
      subscriber.onNext(new WatchEvent.Failed(status));
      complete();
    }
    return true;
  }

  /** Ends without a failure: its time is over, or the hub stops. */
  void complete() {
    if (phase != Phase.OVER) {
      end();
      subscriber.onComplete();
    }
  }

  private void end() {
    if (phase != Phase.OVER) {
      lag(false);
      phase = Phase.OVER;
      letGoOfState();
      shard.remove(this);
    }
  }
}
