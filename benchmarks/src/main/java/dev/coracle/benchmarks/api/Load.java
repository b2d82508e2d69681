package dev.coracle.benchmarks.api;

import dev.coracle.benchmarks.storage.Report;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A closed loop: so many workers, each of which asks again when it has its answer. What it costs
 * both sides in processor time is counted, so that one sees who was the bottleneck.
 */
final class Load {

  /** Asks once; the stage completes when the whole answer is there. */
  @FunctionalInterface
  interface Request {
    CompletionStage<?> send(int worker, int round);
  }

  /**
   * @param rate answers a second
   * @param nanos every answer's time
   * @param serverCpu nanoseconds of the server's processor time an answer
   * @param clientShare how much of the machine's processors this process used, 0 to 1
   */
  record Outcome(double rate, List<Long> nanos, double serverCpu, double clientShare) {

    double p50() {
      return Report.millis(nanos, 50);
    }

    double p99() {
      return Report.millis(nanos, 99);
    }
  }

  private final Request request;
  private final long end;
  private final CountDownLatch running;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  private Load(Request request, int workers, Duration howLong) {
    this.request = request;
    this.end = System.nanoTime() + howLong.toNanos();
    this.running = new CountDownLatch(workers);
  }

  static Outcome run(int workers, Duration howLong, LongSupplier serverCpu, Request request)
      throws InterruptedException {
    Load load = new Load(request, workers, howLong);
    long server = serverCpu.getAsLong();
    long client = ownCpu();
    long begin = System.nanoTime();
    List<List<Long>> times = new ArrayList<>();
    for (int w = 0; w < workers; w++) {
      List<Long> mine = new ArrayList<>();
      times.add(mine);
      load.next(w, 0, mine);
    }
    if (!load.running.await(howLong.toMillis() + 60_000, TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException(
          load.running.getCount() + " of " + workers + " workers still wait for an answer",
          load.failure.get());
    }
    Throwable failed = load.failure.get();
    if (failed != null) {
      throw new IllegalStateException(failed);
    }
    long took = System.nanoTime() - begin;
    List<Long> all = new ArrayList<>();
    times.forEach(all::addAll);
    return new Outcome(
        all.size() / (took / 1e9),
        all,
        (serverCpu.getAsLong() - server) / (double) all.size(),
        (ownCpu() - client) / (double) took / Runtime.getRuntime().availableProcessors());
  }

  private static long ownCpu() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toNanos();
  }

  /** One worker's list is only touched by the one request it has under way. */
  private void next(int worker, int round, List<Long> times) {
    long begin = System.nanoTime();
    var _ =
        request
            .send(worker, round)
            .whenComplete((_, failed) -> {
              if (failed != null) {
                failure.compareAndSet(null, failed);
                running.countDown();
                return;
              }
              times.add(System.nanoTime() - begin);
              if (System.nanoTime() < end) {
                next(worker, round + 1, times);
              } else {
                running.countDown();
              }
            });
  }
}
