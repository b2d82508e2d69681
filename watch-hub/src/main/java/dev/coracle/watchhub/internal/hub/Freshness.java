package dev.coracle.watchhub.internal.hub;

import dev.coracle.watchhub.Storage;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * How fresh the cache is, and who waits for it to be fresher. Consistent reads ask the storage for
 * its revision (one question answers all who asked before it was sent) and wait until the feed has
 * brought it (KEP-2340). Guarded by this object's lock.
 */
final class Freshness {

  private record Waiter(long revision, CompletableFuture<Long> future, long timer) {}

  private final Vertx vertx;
  private final Storage storage;
  private final long timeoutMillis;
  private final PriorityQueue<Waiter> waiters =
      new PriorityQueue<>((a, b) -> Long.compare(a.revision, b.revision));

  /** Written by the feed alone: another thread could put back what the feed has just moved on. */
  private volatile long revision;

  private @Nullable CompletableFuture<Long> asked;
  private @Nullable CompletableFuture<Long> nextAsked;

  Freshness(Vertx vertx, Storage storage, long timeoutMillis) {
    this.vertx = vertx;
    this.storage = storage;
    this.timeoutMillis = timeoutMillis;
  }

  /** What the cache holds at least. */
  long revision() {
    return revision;
  }

  /** The feed has brought everything up to here. Called by one thread at a time. */
  void reached(long now) {
    revision = Math.max(revision, now);
    answer(now);
  }

  private void answer(long now) {
    List<Waiter> ready = new ArrayList<>();
    synchronized (this) {
      for (Waiter w; (w = waiters.peek()) != null && w.revision <= now; ) {
        ready.add(waiters.remove());
      }
    }
    for (Waiter w : ready) {
      vertx.cancelTimer(w.timer);
      w.future.complete(now);
    }
  }

  /** Completes, on the caller's context, when the cache is as fresh as the storage is now. */
  Uni<Long> consistent() {
    return Uni.createFrom()
        .deferred(() -> Uni.createFrom().completionStage(ask()))
        .chain(this::atLeast);
  }

  /** Completes when the cache holds this revision; fails with Timeout when that takes too long. */
  Uni<Long> atLeast(long wanted) {
    return Uni.createFrom()
        .deferred(() -> {
          if (revision >= wanted) {
            return Uni.createFrom().item(revision);
          }
          return onCaller(Uni.createFrom().completionStage(await(wanted)));
        });
  }

  private CompletableFuture<Long> await(long wanted) {
    CompletableFuture<Long> future = new CompletableFuture<>();
    long timer =
        vertx.setTimer(
            timeoutMillis,
            _ -> {
              synchronized (this) {
                waiters.removeIf(w -> w.future == future);
              }
              future.completeExceptionally(Failures.tooLarge(wanted, revision));
            });
    synchronized (this) {
      waiters.add(new Waiter(wanted, future, timer));
    }
    answer(revision); // it may have come in between
    return future;
  }

  /** A question to the storage that was not sent before this call. */
  private CompletableFuture<Long> ask() {
    synchronized (this) {
      CompletableFuture<Long> running = asked;
      if (running != null && !running.isDone()) {
        CompletableFuture<Long> next = nextAsked;
        if (next == null) {
          next = new CompletableFuture<>();
          nextAsked = next;
        }
        return next;
      }
      CompletableFuture<Long> mine = new CompletableFuture<>();
      asked = mine;
      send(mine);
      return mine;
    }
  }

  private void send(CompletableFuture<Long> mine) {
    storage
        .revision()
        .subscribe()
        .with(
            found -> {
              mine.complete(found);
              sendNext();
            },
            failure -> {
              mine.completeExceptionally(failure);
              sendNext();
            });
  }

  private void sendNext() {
    CompletableFuture<Long> next;
    synchronized (this) {
      next = nextAsked;
      nextAsked = null;
      if (next != null) {
        asked = next;
      }
    }
    if (next != null) {
      send(next);
    }
  }

  /**
   * Answers go to the Vert.x context they were asked from, else to a virtual thread: never the
   * feed's.
   */
  static <T> Uni<T> onCaller(Uni<T> uni) {
    return on(Vertx.currentContext(), uni);
  }

  /** The same for who was called on this context, null for none. */
  static <T> Uni<T> on(@Nullable Context context, Uni<T> uni) {
    return uni.emitOn(task -> {
      if (context != null) {
        context.runOnContext(_ -> task.run());
      } else {
        Thread.ofVirtual().start(task);
      }
    });
  }
}
