package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.ChangeBatch;
import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.StorageChange;
import dev.coracle.watchhub.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One watch: a place in the history and a demand. It holds no events of its own: what was not asked
 * for yet stays in the history, and when the history has forgotten it, the watch ends with
 * Compacted. All but {@link #request} and {@link #cancel} happens on the feed thread.
 */
final class FeedWatcher implements Flow.Subscription {

  private static final Logger LOG = LoggerFactory.getLogger(FeedWatcher.class);
  private static final int MAX_CHANGES = 1000;
  private static final long MAX_BYTES = 4 << 20;

  private final Feed feed;
  private final Index index;
  private final Flow.Subscriber<? super ChangeBatch> subscriber;
  private final Predicate<String> filter;
  private final boolean previous;
  private final AtomicLong demand = new AtomicLong();
  private volatile boolean over;
  private long next;
  private boolean greeted;
  private boolean serving;

  FeedWatcher(
      Feed feed,
      Index index,
      Flow.Subscriber<? super ChangeBatch> subscriber,
      Predicate<String> filter,
      long from,
      boolean previous) {
    this.feed = feed;
    this.index = index;
    this.subscriber = subscriber;
    this.filter = filter;
    this.next = from;
    this.previous = previous;
  }

  @Override
  public void request(long n) {
    long before = demand.getAndAccumulate(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
    if (before == 0) {
      feed.run(this::serve);
    }
  }

  @Override
  public void cancel() {
    over = true;
    feed.run(() -> feed.remove(this));
  }

  void fail(StorageException why) {
    if (!over) {
      over = true;
      feed.remove(this);
      subscriber.onError(why);
    }
  }

  /** Gives what is there and asked for. */
  void serve() {
    if (serving) {
      return;
    }
    serving = true;
    try {
      while (!over && demand.get() > 0) {
        ChangeBatch batch = collect();
        if (batch == null) {
          return;
        }
        greeted = true;
        if (demand.get() != Long.MAX_VALUE) {
          demand.decrementAndGet();
        }
        subscriber.onNext(batch);
      }
    } catch (StorageException e) {
      fail(e);
    } catch (RuntimeException e) {
      // It alone goes without: the others, and those who wrote, are served.
      LOG.atError().setCause(e).log("a watcher of the storage failed");
      fail(new StorageException.Unavailable("the watch failed", e));
    } finally {
      serving = false;
    }
  }

  /** Null when nothing is new. */
  private @Nullable ChangeBatch collect() {
    long visible = index.visible;
    if (next == 0) {
      next = visible + 1;
    }
    if (next <= index.compacted && next <= visible) {
      throw new StorageException.Compacted(index.compacted);
    }
    if (next > visible && greeted) {
      return null;
    }
    List<StorageChange> changes = new ArrayList<>();
    long bytes = 0;
    long r = next;
    for (; r <= visible && changes.size() < MAX_CHANGES && bytes < MAX_BYTES; r++) {
      for (KeyHistory history : index.changedAt(r)) {
        if (filter.test(history.key)) {
          StorageChange change = change(history, r);
          changes.add(change);
          bytes += change instanceof StorageChange.Put put ? put.current().value().length : 0;
        }
      }
    }
    next = Math.max(r, next);
    return new ChangeBatch(Math.min(visible, next - 1), changes);
  }

  private StorageChange change(KeyHistory history, long revision) {
    Version now = history.exactly(revision);
    if (now == null) {
      throw new StorageException.Compacted(index.compacted);
    }
    Version was = previous ? history.before(revision) : null;
    KeyValue before = was == null ? null : Values.read(history, was, index);
    return now.isDeletion()
        ? new StorageChange.Delete(history.key, revision, before)
        : new StorageChange.Put(Values.read(history, now, index), before);
  }
}
