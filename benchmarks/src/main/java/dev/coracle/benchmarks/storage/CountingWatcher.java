package dev.coracle.benchmarks.storage;

import dev.coracle.api.WatchEvent;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Takes every event's encoded form, as a connection would, and counts. How much was really encoded
 * is seen from how many different arrays there are: a shared encoding is one.
 */
final class CountingWatcher implements Flow.Subscriber<WatchEvent> {

  private static final Set<byte[]> ENCODINGS =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
  private static volatile boolean counting;

  final AtomicLong seen;
  volatile CountDownLatch latch = new CountDownLatch(0);
  private Flow.@Nullable Subscription subscription;

  CountingWatcher(AtomicLong seen) {
    this.seen = seen;
  }

  static void startCounting() {
    ENCODINGS.clear();
    counting = true;
  }

  /** Ends the counting too. */
  static long encodedBytes() {
    counting = false;
    long bytes = ENCODINGS.stream().mapToLong(e -> e.length).sum();
    ENCODINGS.clear();
    return bytes;
  }

  void cancel() {
    if (subscription != null) {
      subscription.cancel();
    }
  }

  @Override
  public void onSubscribe(Flow.Subscription s) {
    subscription = s;
    s.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(WatchEvent event) {
    byte[] encoded =
        switch (event) {
          case WatchEvent.Added(var object) -> object.json();
          case WatchEvent.Modified(var object) -> object.json();
          case WatchEvent.Deleted(var object) -> object.json();
          case WatchEvent.Bookmark _ -> null;
          case WatchEvent.Failed(var status) ->
              throw new IllegalStateException(String.valueOf(status.message()));
        };
    if (encoded == null) {
      return;
    }
    if (counting) {
      ENCODINGS.add(encoded);
    }
    seen.incrementAndGet();
    latch.countDown();
  }

  @Override
  public void onError(Throwable e) {
    throw new IllegalStateException(e);
  }

  @Override
  public void onComplete() {}
}
