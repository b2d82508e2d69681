package dev.coracle.benchmarks.api;

import dev.coracle.benchmarks.storage.Report;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
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

  /** Who is asked: the processor time of its server so far, in nanoseconds, and the question. */
  record Side(LongSupplier serverCpu, Request request) {}

  /**
   * @param nanos every answer's time
   * @param took until the last answer, in nanoseconds
   * @param serverNanos the server's processor time
   * @param clientNanos this process's processor time
   */
  record Outcome(List<Long> nanos, long took, long serverNanos, long clientNanos) {

    static final Outcome NONE = new Outcome(List.of(), 0, 0, 0);

    Outcome and(Outcome more) {
      List<Long> all = new ArrayList<>(nanos);
      all.addAll(more.nanos);
      return new Outcome(
          all, took + more.took, serverNanos + more.serverNanos, clientNanos + more.clientNanos);
    }

    /** Answers a second. */
    double rate() {
      return nanos.size() / (took / 1e9);
    }

    /** Nanoseconds of the server's processor time an answer. */
    double serverCpu() {
      return serverNanos / (double) nanos.size();
    }

    /** How much of the machine's processors this process used, 0 to 1. */
    double clientShare() {
      return clientNanos / (double) took / Runtime.getRuntime().availableProcessors();
    }

    double p50() {
      return Report.millis(nanos, 50);
    }

    double p99() {
      return Report.millis(nanos, 99);
    }
  }

  private static final Duration TURN = Duration.ofSeconds(1);

  private final Request request;
  private final long end;
  private final CountDownLatch running;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  private Load(Request request, int workers, Duration howLong) {
    this.request = request;
    this.end = System.nanoTime() + howLong.toNanos();
    this.running = new CountDownLatch(workers);
  }

  /**
   * Each side for so long, but not in one go: a second each by turns, so that what the machine has
   * to do beside this, and what it gives, is the same for all of them.
   */
  static List<Outcome> inTurns(int workers, Duration howLong, Side... sides)
      throws InterruptedException {
    List<Outcome> outcomes = new ArrayList<>(Collections.nCopies(sides.length, Outcome.NONE));
    for (long turns = Math.max(1, howLong.toSeconds()); turns > 0; turns--) {
      for (int i = 0; i < sides.length; i++) {
        Outcome one = run(workers, TURN, sides[i].serverCpu(), sides[i].request());
        outcomes.set(i, outcomes.get(i).and(one));
      }
    }
    return outcomes;
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
    return new Outcome(all, took, serverCpu.getAsLong() - server, ownCpu() - client);
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
