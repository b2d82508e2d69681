package dev.coracle.client;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Names that wait to be worked on. A name waits at most once, and is never given out while it is
 * being worked on: when it is added meanwhile, it waits again as soon as it is {@link #done}. So
 * the queue is bounded by the number of names there are; beyond {@code capacity} it refuses new
 * ones, counts them, and says so, since that is a bug of its user.
 *
 * <p>Delayed adds share one timer; of several for one name the earliest wins. The back-off for a
 * name doubles from 5 ms to 1000 s, as upstream has it. Thread-safe by one lock; the ready signal
 * is given outside it. Metrics: upstream's {@code workqueue_*}.
 */
public final class WorkQueue<K> {

  /** When a name is due, in the context's nanoseconds; the sequence keeps the order of equals. */
  private record Due<K>(long at, long sequence, K name) {}

  private static final Duration FIRST_DELAY = Duration.ofMillis(5);
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(1000);
  private static final int DEFAULT_CAPACITY = 1_000_000;

  private final SerialContext context;
  private final WorkQueueMetrics metrics;
  private final int capacity;

  private final ArrayDeque<K> waiting = new ArrayDeque<>();
  private final Set<K> queued = new HashSet<>();
  private final Set<K> again = new HashSet<>();
  private final Map<K, Long> since = new HashMap<>();
  private final Map<K, Long> working = new LinkedHashMap<>();
  private final Map<K, Integer> failures = new HashMap<>();
  private final Map<K, Due<K>> due = new HashMap<>();
  private final PriorityQueue<Due<K>> delayed =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.signum(a.at - b.at) : Long.compare(a.sequence, b.sequence));
  private long sequence;
  private SerialContext.@Nullable Timer timer;
  private long timerAt;
  private boolean stopped;
  private volatile Runnable ready = () -> {};

  public WorkQueue(String name, SerialContext context, MeterRegistry registry) {
    this(name, context, registry, DEFAULT_CAPACITY);
  }

  public WorkQueue(String name, SerialContext context, MeterRegistry registry, int capacity) {
    this.context = context;
    this.capacity = capacity;
    this.metrics = new WorkQueueMetrics(name, this, registry);
  }

  /** Called, on the thread that added, whenever a name may be taken. */
  public void onReady(Runnable signal) {
    ready = signal;
  }

  public void add(K name) {
    if (enqueue(name)) {
      ready.run();
    }
  }

  private synchronized boolean enqueue(K name) {
    if (stopped) {
      return false;
    }
    if (working.containsKey(name)) {
      if (again.add(name)) {
        metrics.added();
        since.put(name, context.nanoTime());
      }
      return false;
    }
    if (queued.contains(name)) {
      return false;
    }
    if (queued.size() >= capacity) {
      metrics.refused(name);
      return false;
    }
    metrics.added();
    queued.add(name);
    waiting.add(name);
    since.put(name, context.nanoTime());
    return true;
  }

  /** Adds the name when the delay is over; several such adds of one name count as the earliest. */
  public void addAfter(K name, Duration delay) {
    if (delay.isZero() || delay.isNegative()) {
      add(name);
      return;
    }
    synchronized (this) {
      if (stopped) {
        return;
      }
      metrics.retried();
      long at = context.nanoTime() + delay.toNanos();
      Due<K> known = due.get(name);
      if (known != null) {
        if (known.at - at <= 0) {
          return;
        }
        delayed.remove(known);
      }
      Due<K> entry = new Due<>(at, sequence++, name);
      due.put(name, entry);
      delayed.add(entry);
      arm();
    }
  }

  /** Adds the name after its back-off, which doubles until {@link #forget}. */
  public void addRateLimited(K name) {
    int failed;
    synchronized (this) {
      failed = failures.merge(name, 1, Integer::sum) - 1;
    }
    Duration delay =
        failed >= 18 ? LONGEST_DELAY : FIRST_DELAY.multipliedBy(1L << Math.min(failed, 18));
    addAfter(name, delay.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : delay);
  }

  /** How often the name was added with back-off since it was last forgotten. */
  public synchronized int retries(K name) {
    return failures.getOrDefault(name, 0);
  }

  public synchronized void forget(K name) {
    failures.remove(name);
  }

  /** The next name, which is now being worked on until {@link #done}. */
  public synchronized Optional<K> poll() {
    K name = waiting.poll();
    if (name == null) {
      return Optional.empty();
    }
    queued.remove(name);
    long now = context.nanoTime();
    Long added = since.remove(name);
    metrics.waited(added == null ? 0 : now - added);
    working.put(name, now);
    return Optional.of(name);
  }

  public void done(K name) {
    boolean signal = false;
    synchronized (this) {
      Long begun = working.remove(name);
      if (begun != null) {
        metrics.worked(context.nanoTime() - begun);
      }
      if (again.remove(name) && !stopped) {
        queued.add(name);
        waiting.add(name);
        signal = true;
      }
    }
    if (signal) {
      ready.run();
    }
  }

  public synchronized int depth() {
    return waiting.size();
  }

  /** How long the names being worked on have been so, in seconds: all together, or the longest. */
  synchronized double unfinishedSeconds(boolean longest) {
    long now = context.nanoTime();
    long sum = 0;
    for (long begun : working.values()) {
      sum = longest ? Math.max(sum, now - begun) : sum + now - begun;
    }
    return sum / 1e9;
  }

  /** Drops what waits; later adds are ignored. */
  public synchronized void stop() {
    stopped = true;
    waiting.clear();
    queued.clear();
    again.clear();
    delayed.clear();
    due.clear();
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void arm() {
    Due<K> next = delayed.peek();
    if (next == null || (timer != null && timerAt - next.at <= 0)) {
      return;
    }
    if (timer != null) {
      timer.cancel();
    }
    timerAt = next.at;
    timer = context.schedule(Duration.ofNanos(next.at - context.nanoTime()), this::fire);
  }

  private void fire() {
    boolean signal = false;
    synchronized (this) {
      timer = null;
      long now = context.nanoTime();
      for (Due<K> next = delayed.peek();
          next != null && next.at - now <= 0;
          next = delayed.peek()) {
        delayed.poll();
        due.remove(next.name);
        signal |= enqueue(next.name);
      }
      arm();
    }
    if (signal) {
      ready.run();
    }
  }
}
