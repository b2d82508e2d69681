package dev.coracle.apiserver.internal.http;

import io.smallrye.mutiny.Uni;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Where requests with large bodies are worked on. Reading, merging and validating megabytes takes
 * seconds in the worst case, in which an event loop would let all its other connections wait. The
 * threads are the system's, which shares the processors out among them, and go when they are idle.
 * No more wait than requests are let in at once.
 */
final class LargeRequests {

  /** In bytes; the work of smaller ones is done before another thread would have begun. */
  private static final int LARGE = 128 << 10;

  private static final int IDLE_SECONDS = 10;

  private final ThreadPoolExecutor threads;

  LargeRequests() {
    int most = Math.max(2, Runtime.getRuntime().availableProcessors());
    threads =
        new ThreadPoolExecutor(
            most,
            most,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name("coracle-large-request-", 0).daemon().factory());
    threads.allowCoreThreadTimeOut(true);
  }

  /** Gives a body where the work on it is to be done. */
  Uni<byte[]> place(byte[] body) {
    Uni<byte[]> given = Uni.createFrom().item(body);
    return body.length < LARGE ? given : given.emitOn(threads);
  }
}
