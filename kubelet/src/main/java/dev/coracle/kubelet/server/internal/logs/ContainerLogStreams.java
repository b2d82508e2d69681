package dev.coracle.kubelet.server.internal.logs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Starts log readers, each on a virtual thread named {@code kubelet-logs-N}, and shares the
 * directory watch between them. Safe for any thread.
 */
public final class ContainerLogStreams {
  private final DirectoryWatch watch = new DirectoryWatch();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger names = new AtomicInteger();

  /** One log request being served. */
  public interface Session {
    /** Completes when everything is written, exceptionally when reading failed. */
    CompletionStage<Void> done();

    /** The container has ended: following stops at the end of the file. */
    void containerEnded();

    /** The client has gone. */
    void cancel();
  }

  /** Log requests now being served. */
  public int running() {
    return running.get();
  }

  /**
   * Reads {@code path} to {@code sink}. Never throws: failures arrive in {@link Session#done()}.
   */
  public Session start(Path path, LogOptions options, LogSink sink) {
    LogSignal signal = new LogSignal();
    CompletableFuture<Void> done = new CompletableFuture<>();
    running.incrementAndGet();
    Thread.ofVirtual()
        .name("kubelet-logs-" + names.incrementAndGet())
        .start(() -> {
          try {
            read(path, options, sink, signal);
            running.decrementAndGet();
            done.complete(null);
          } catch (Throwable t) {
            running.decrementAndGet();
            done.completeExceptionally(t);
          }
        });
    return new Session() {
      @Override
      public CompletionStage<Void> done() {
        return done;
      }

      @Override
      public void containerEnded() {
        signal.ended();
      }

      @Override
      public void cancel() {
        signal.cancel();
      }
    };
  }

  private void read(Path path, LogOptions options, LogSink sink, LogSignal signal)
      throws Exception {
    LogReader reader = new LogReader(path, options, sink, signal);
    if (!options.follow()) {
      reader.run();
      return;
    }
    // Symbolic links are followed: the file that grows may stand in another directory.
    Path directory = directory(path);
    AutoCloseable registration = watch.watch(directory, signal::changed);
    try {
      reader.run();
    } finally {
      registration.close();
    }
  }

  private static Path directory(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IOException("no log directory: " + path);
    }
    return path.toFile().exists() ? parentOf(path.toRealPath(), parent) : parent;
  }

  private static Path parentOf(Path real, Path fallback) {
    Path parent = real.getParent();
    return parent == null ? fallback : parent;
  }
}
