package dev.coracle.kubelet.server.internal.http;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/** Between Mutiny, which the SPI speaks, and Vert.x, in which the server works. */
public final class Adapters {
  private Adapters() {}

  /**
   * Subscribes now; the result arrives on the caller's Vert.x context. A supplier that throws is a
   * failed future.
   */
  public static <T> Future<T> future(Vertx vertx, Uni<T> uni) {
    Context context = vertx.getOrCreateContext();
    return Future.fromCompletionStage(uni.subscribeAsCompletionStage(), context);
  }

  /** Subscribes lazily: each subscriber starts the work again. */
  public static <T> Uni<T> uni(java.util.function.Supplier<Future<T>> work) {
    return Uni.createFrom().completionStage(() -> work.get().toCompletionStage());
  }
}
