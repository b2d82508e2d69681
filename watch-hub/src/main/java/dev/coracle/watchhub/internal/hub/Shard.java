package dev.coracle.watchhub.internal.hub;

import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.ContextInternal;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The watchers of one event loop. It consumes the batches of the resources that are watched here,
 * routes their events, resumes from the history when a batch is missing, and keeps the one timer
 * for bookmarks and ends, which runs only while somebody needs it.
 */
final class Shard {

  /** How many published batches may wait here before the publisher leaves some out. */
  private static final int MAX_WAITING = 256;

  private static final long TICK_MILLIS = 1000;

  /** One watched resource on this event loop. */
  private static final class Watched {
    final WatcherIndex watchers = new WatcherIndex();

    /** Those that hold a state of the past, the oldest first. */
    final Set<Watcher> initial = new LinkedHashSet<>();

    final MessageConsumer<HubBatch> consumer;
    RevisionRing ring;
    long next;
    long revision;

    Watched(MessageConsumer<HubBatch> consumer, RevisionRing ring) {
      this.consumer = consumer;
      this.ring = ring;
      this.next = ring.head();
    }
  }

  private final Vertx vertx;
  private final ContextInternal context;
  private final LongSupplier clock;
  private final LongSupplier revision;
  private final HubMetrics metrics;
  private final Map<ResourceCache, Watched> resources = new HashMap<>();
  private final Deadlines deadlines = new Deadlines();
  private final long bookmarkNanos;
  private final AtomicInteger waitingBatches = new AtomicInteger();
  private final AtomicBoolean catchingUp = new AtomicBoolean();
  private final Set<ResourceCache> watchedHere = ConcurrentHashMap.newKeySet();
  private long timer = -1;

  Shard(
      Vertx vertx,
      ContextInternal context,
      LongSupplier clock,
      LongSupplier revision,
      long bookmarkNanos,
      HubMetrics metrics) {
    this.vertx = vertx;
    this.context = context;
    this.clock = clock;
    this.revision = revision;
    this.bookmarkNanos = bookmarkNanos;
    this.metrics = metrics;
  }

  /** Runs on this shard's event loop: at once when we are on it already. */
  void run(Runnable task) {
    if (context.inThread()) {
      task.run();
    } else {
      context.runOnContext(_ -> task.run());
    }
  }

  void lagging(int change) {
    metrics.lagging(change);
  }

  /** On the event loop. From now on the watcher is offered events. */
  void add(Watcher watcher, long timeoutNanos) {
    Watched watched = resources.get(watcher.cache);
    if (watched == null) {
      watched = begin(watcher.cache);
    }
    watched.watchers.add(watcher);
    metrics.watchers(1);
    metrics.lagging(1);
    long now = clock.getAsLong();
    if (watcher.bookmarks) {
      // Spread by a random part, so that not all watchers are due at once.
      long jitter = (long) (bookmarkNanos * 0.1 * Math.random());
      watcher.bookmarkAt = now + bookmarkNanos - jitter;
      deadlines.add(watcher.bookmarkAt, watcher, false);
    }
    if (timeoutNanos > 0) {
      watcher.endAt = now + timeoutNanos;
      deadlines.add(watcher.endAt, watcher, true);
      long before = watcher.endAt - 2_000_000_000L;
      if (watcher.bookmarks && before > now) {
        deadlines.add(before, watcher, false);
      }
    }
    schedule();
  }

  private Watched begin(ResourceCache cache) {
    MessageConsumer<HubBatch> consumer = vertx.eventBus().localConsumer(cache.address);
    Watched watched = new Watched(consumer, cache.ring());
    resources.put(cache, watched);
    watchedHere.add(cache);
    consumer.handler(message -> {
      waitingBatches.updateAndGet(n -> Math.max(0, n - 1));
      received(cache, watched, message.body());
    });
    return watched;
  }

  /** On the event loop: the watcher holds a state for its initial events, or does no longer. */
  void holdsState(Watcher watcher, boolean now) {
    Watched watched = resources.get(watcher.cache);
    if (watched != null) {
      if (now) {
        watched.initial.add(watcher);
      } else {
        watched.initial.remove(watcher);
      }
    }
  }

  /** Ends those that hold a state the history has moved past: it would be kept for them alone. */
  private static void letGo(Watched watched) {
    while (!watched.initial.isEmpty()) {
      Watcher oldest = watched.initial.iterator().next();
      if (!oldest.isPastHistory()) {
        return;
      }
      watched.initial.remove(oldest);
      oldest.checkHistory();
    }
  }

  void remove(Watcher watcher) {
    Watched watched = resources.get(watcher.cache);
    if (watched == null) {
      return;
    }
    watched.initial.remove(watcher);
    int before = watched.watchers.size();
    watched.watchers.remove(watcher);
    metrics.watchers(watched.watchers.size() - before);
    deadlines.remove(watcher);
    if (watched.watchers.size() == 0) {
      // What was published before is delivered before this runs, so no batch finds nobody.
      context.runOnContext(_ -> forget(watcher.cache, watched));
    }
    schedule();
  }

  private void forget(ResourceCache cache, Watched watched) {
    if (watched.watchers.size() == 0 && resources.remove(cache, watched)) {
      watchedHere.remove(cache);
      watched.consumer.unregister();
    }
  }

  /** Whether more batches wait here than should. Any thread. */
  boolean crowded() {
    return waitingBatches.get() >= MAX_WAITING;
  }

  /** A batch of this resource is about to be published. Any thread. */
  void expect(ResourceCache cache) {
    if (watchedHere.contains(cache)) {
      waitingBatches.incrementAndGet();
    }
  }

  /** Looks into the histories, once for any number of calls until then. Any thread. */
  void catchUpSoon() {
    if (catchingUp.compareAndSet(false, true)) {
      context.runOnContext(_ -> {
        catchingUp.set(false);
        waitingBatches.set(0);
        catchUpAll();
      });
    }
  }

  private void received(ResourceCache cache, Watched watched, HubBatch batch) {
    if (resources.get(cache) != watched) {
      return;
    }
    if (watched.ring != cache.ring() || batch.previousSequence() + 1 > watched.next) {
      metrics.gap();
      catchUp(cache, watched);
      return;
    }
    for (HubEvent event : batch.events()) {
      dispatch(cache, watched, event);
    }
    letGo(watched);
  }

  private void dispatch(ResourceCache cache, Watched watched, HubEvent event) {
    if (event.sequence >= watched.next) {
      watched.next = event.sequence + 1;
      watched.revision = event.revision;
      watched.watchers.route(event, cache, w -> w.offer(event));
    }
  }

  /** Goes on from the history; when that was begun anew or dropped it, each watcher finds out. */
  private void catchUp(ResourceCache cache, Watched watched) {
    RevisionRing ring = cache.ring();
    if (watched.ring != ring) {
      watched.ring = ring;
      watched.next = ring.head();
      watched.watchers.all().forEach(Watcher::checkHistory);
      return;
    }
    while (watched.next < ring.head()) {
      HubEvent event = ring.at(watched.next);
      if (event == null) {
        // Fell out of the history: whoever was up to date is not any more.
        metrics.fellOut();
        watched.next = ring.head();
        watched.watchers.all().forEach(Watcher::lost);
        return;
      }
      dispatch(cache, watched, event);
    }
    letGo(watched);
  }

  /** Batches were left out, or may have been: look into the histories. */
  private void catchUpAll() {
    for (Map.Entry<ResourceCache, Watched> entry : Map.copyOf(resources).entrySet()) {
      catchUp(entry.getKey(), entry.getValue());
    }
  }

  /** Looks whether watchers that are stuck in the past can still be served. */
  private void checkStuck() {
    for (Watched watched : Map.copyOf(resources).values()) {
      watched.watchers.all().forEach(Watcher::checkHistory);
    }
  }

  /** Ends all watches. */
  void stop() {
    for (Watched watched : Map.copyOf(resources).values()) {
      watched.watchers.all().forEach(Watcher::complete);
    }
    if (timer >= 0) {
      vertx.cancelTimer(timer);
      timer = -1;
    }
  }

  private void schedule() {
    if (deadlines.isEmpty()) {
      if (timer >= 0) {
        vertx.cancelTimer(timer);
        timer = -1;
      }
    } else if (timer < 0) {
      long wait = (deadlines.next() - clock.getAsLong()) / 1_000_000;
      timer = vertx.setTimer(Math.max(wait, 1) + TICK_MILLIS / 10, _ -> run(this::tick));
    }
  }

  private void tick() {
    timer = -1;
    long now = clock.getAsLong();
    for (Deadlines.@Nullable Due due; (due = deadlines.due(now)) != null; ) {
      Watcher watcher = due.watcher();
      if (due.end()) {
        bookmark(watcher);
        watcher.complete();
      } else {
        bookmark(watcher);
        if (due.at() == watcher.bookmarkAt && !watcher.isOver()) {
          watcher.bookmarkAt = now + bookmarkNanos;
          deadlines.add(watcher.bookmarkAt, watcher, false);
        }
      }
    }
    checkStuck();
    schedule();
  }

  private void bookmark(Watcher watcher) {
    if (!watcher.bookmarks || watcher.isOver()) {
      return;
    }
    // First the revision, then the events: all of them up to it are in the history by now.
    long upTo = revision.getAsLong();
    Watched watched = resources.get(watcher.cache);
    if (watched != null) {
      catchUp(watcher.cache, watched);
      watcher.bookmark(Math.max(upTo, watched.revision));
    }
  }
}
