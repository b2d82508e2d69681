package dev.coracle.controllers.internal;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Much work, so much of it at once as does not fill the queues of priority and fairness: what is
 * refused there is tried again only after a second or more.
 */
public final class Concurrent {

  /** For one object's sake; so many objects are worked on at once, too. */
  public static final int REQUESTS = 16;

  private Concurrent() {}

  /** Does it for each, though it fails for some; then fails with the first failure. */
  public static <T> Uni<Void> forEach(Collection<T> items, Function<T, Uni<Void>> work) {
    return forEach(items, REQUESTS, work);
  }

  /**
   * @param atOnce how many are worked on at a time
   */
  public static <T> Uni<Void> forEach(
      Collection<T> items, int atOnce, Function<T, Uni<Void>> work) {
    AtomicReference<@Nullable Throwable> first = new AtomicReference<>();
    return Multi.createFrom()
        .iterable(items)
        .onItem()
        .transformToUni(item ->
            work.apply(item)
                .onFailure()
                .invoke(failure -> first.compareAndSet(null, failure))
                .onFailure()
                .recoverWithNull())
        .merge(atOnce)
        .onItem()
        .ignoreAsUni()
        .chain(() -> {
          Throwable failure = first.get();
          return failure == null ? Uni.createFrom().voidItem() : Uni.createFrom().failure(failure);
        });
  }
}
