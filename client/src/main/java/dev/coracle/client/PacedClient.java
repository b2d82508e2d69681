package dev.coracle.client;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.TokenBucket;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.WatchOptions;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A client that asks for no more than a bucket holds: what is too much waits its turn, in the order
 * in which it was asked for. A watch is one request, when it begins. What need not wait is asked
 * for on the caller's thread.
 */
public final class PacedClient extends ForwardingClient {

  private final TokenBucket bucket;
  private final LongSupplier nanoTime;
  private final Function<Duration, Uni<Void>> pause;

  /**
   * @param nanoTime of a clock that does not go back
   * @param pause completes after a while
   */
  public PacedClient(
      Client below,
      TokenBucket bucket,
      LongSupplier nanoTime,
      Function<Duration, Uni<Void>> pause) {
    super(below);
    this.bucket = bucket;
    this.nanoTime = nanoTime;
    this.pause = pause;
  }

  /**
   * @param perSecond 0 for as much as there is to ask
   * @param burst how much at once all the same
   */
  public static Client of(
      Client below, int perSecond, int burst, Function<Duration, Uni<Void>> pause) {
    return perSecond == 0
        ? below
        : new PacedClient(
            below, new TokenBucket(perSecond, burst, System.nanoTime()), System::nanoTime, pause);
  }

  @Override
  <T> Uni<T> ask(Supplier<Uni<T>> request) {
    return Uni.createFrom()
        .deferred(() -> {
          long wait = bucket.reserve(nanoTime.getAsLong());
          return wait == 0
              ? request.get()
              : pause.apply(Duration.ofNanos(wait)).chain(_ -> request.get());
        });
  }

  @Override
  public Multi<WatchEvent> watch(
      GroupVersionResource resource, String namespace, WatchOptions options) {
    return Multi.createFrom()
        .deferred(() -> {
          long wait = bucket.reserve(nanoTime.getAsLong());
          return wait == 0
              ? super.watch(resource, namespace, options)
              : pause
                  .apply(Duration.ofNanos(wait))
                  .onItem()
                  .transformToMulti(_ -> super.watch(resource, namespace, options));
        });
  }
}
