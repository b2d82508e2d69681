package dev.coracle.benchmarks.engines;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;

/** One thread that takes all puts that wait and has them made durable together. */
final class GroupCommit implements AutoCloseable {

  private record Waiting(Engine.Put put, CompletableFuture<Boolean> done) {}

  private final ArrayBlockingQueue<Waiting> queue = new ArrayBlockingQueue<>(16_384);
  private final Engine engine;
  private final Thread writer;

  GroupCommit(Engine engine) {
    this.engine = engine;
    this.writer = Thread.ofPlatform().daemon().start(this::run);
  }

  CompletableFuture<Boolean> put(byte[] key, byte[] value) throws InterruptedException {
    Waiting waiting = new Waiting(new Engine.Put(key, value), new CompletableFuture<>());
    queue.put(waiting);
    return waiting.done;
  }

  private void run() {
    List<Waiting> group = new ArrayList<>();
    try {
      while (true) {
        group.add(queue.take());
        queue.drainTo(group, 1024);
        engine.write(group.stream().map(Waiting::put).toList());
        group.forEach(w -> w.done.complete(true));
        group.clear();
      }
    } catch (InterruptedException e) {
      return; // closed
    } catch (Exception e) {
      group.forEach(w -> w.done.completeExceptionally(e));
    }
  }

  @Override
  public void close() throws InterruptedException {
    writer.interrupt();
    writer.join();
  }
}
