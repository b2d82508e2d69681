package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.ChangeBatch;
import dev.coracle.watchhub.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread {@code coracle-store-feed} that shows committed revisions: first to the watchers,
 * then by answering those who wrote. Its queue is bounded by the writer's groups, each of which is
 * answered before its callers write again.
 */
final class Feed implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(Feed.class);

  /** For commands that nobody waits for. */
  static final Command.Answer<Long> NOBODY =
      new Command.Answer<>() {
        @Override
        public void done(Long result) {}

        @Override
        public void failed(StorageException why) {}
      };

  private final LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
  private final List<FeedWatcher> watchers = new ArrayList<>();
  private final Index index;
  private boolean ended;

  Feed(Index index) {
    this.index = index;
  }

  void start() {
    Thread.ofPlatform().name("coracle-store-feed").daemon().start(this);
  }

  /** A group is durable (or has failed). */
  void committed(List<Command<?>> group) {
    queue.add(() -> {
      // Watchers leave the list while they are served.
      for (FeedWatcher watcher : List.copyOf(watchers)) {
        watcher.serve();
      }
      group.forEach(Command::answer);
    });
  }

  void watch(
      Flow.Subscriber<? super ChangeBatch> subscriber,
      Predicate<String> filter,
      long from,
      boolean previous) {
    FeedWatcher watcher = new FeedWatcher(this, index, subscriber, filter, from, previous);
    subscriber.onSubscribe(watcher);
    run(() -> {
      if (ended) {
        watcher.fail(new StorageException.Unavailable("the storage is closed"));
      } else {
        watchers.add(watcher);
        watcher.serve();
      }
    });
  }

  void run(Runnable task) {
    queue.add(task);
  }

  /** On the feed thread. */
  void remove(FeedWatcher watcher) {
    watchers.remove(watcher);
  }

  int watchers() {
    return watchers.size();
  }

  /** Ends all watches; what comes later is answered still, so nobody waits for ever. */
  void stop() {
    run(() -> {
      ended = true;
      for (FeedWatcher watcher : List.copyOf(watchers)) {
        watcher.fail(new StorageException.Unavailable("the storage is closed"));
      }
    });
  }

  @Override
  public void run() {
    while (!ended || !queue.isEmpty()) {
      try {
        queue.take().run();
      } catch (InterruptedException e) {
        ended = true;
      } catch (RuntimeException e) {
        LOG.atError().setCause(e).log("a caller of the storage failed");
      }
    }
  }
}
