package dev.coracle.scheduler.internal.queue;

import dev.coracle.api.KubeObject;
import dev.coracle.client.SerialContext;
import dev.coracle.scheduler.config.SchedulerOptions;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The pods that wait for a node, each in one of four places:
 *
 * <ul>
 *   <li>active: to be tried now, the most important first;
 *   <li>back-off: to be tried when its time is over, or earlier when nothing else is to do, unless
 *       it failed by an error;
 *   <li>unschedulable: was rejected, and sleeps until an event that its rejecting plugins hope for;
 *   <li>gated: a plugin does not let it in at all.
 * </ul>
 *
 * There is no polling: one timer for the back-off that ends next, and a slow one, only while pods
 * are unschedulable, against events that no plugin expected. Owned by the scheduler's context.
 */
public final class SchedulingQueue {

  /** The most important first, then the one that waits longest. */
  private static final Comparator<QueuedPod> ORDER =
      Comparator.<QueuedPod>comparingInt(p -> -p.info.priority())
          .thenComparingLong(p -> p.queuedAt)
          .thenComparingLong(p -> p.sequence);

  private final SerialContext context;
  private final SchedulerOptions options;
  private final Map<String, Plugin> plugins = new LinkedHashMap<>();
  private final List<Plugin.PreEnqueue> gates = new ArrayList<>();
  private final MeterRegistry registry;
  private final UnschedulableCounts reasons;
  private final QueueTimes times;
  private Runnable ready = () -> {};

  private final TreeSet<QueuedPod> active = new TreeSet<>(ORDER);
  private final TreeSet<QueuedPod> backoff;
  private final Map<String, QueuedPod> unschedulable = new LinkedHashMap<>();
  private final Map<String, QueuedPod> gated = new LinkedHashMap<>();
  private final Map<String, QueuedPod> all = new HashMap<>();
  private long sequence;
  private SerialContext.@Nullable Timer backoffTimer;
  private SerialContext.@Nullable Timer flushTimer;

  public SchedulingQueue(
      SerialContext context,
      SchedulerOptions options,
      List<Plugin> plugins,
      MeterRegistry registry) {
    this.context = context;
    this.options = options;
    this.registry = registry;
    this.reasons = new UnschedulableCounts(registry);
    this.times = new QueueTimes(registry);
    for (Plugin plugin : plugins) {
      this.plugins.put(plugin.name(), plugin);
      if (plugin instanceof Plugin.PreEnqueue gate) {
        gates.add(gate);
      }
    }
    backoff =
        new TreeSet<>(
            Comparator.<QueuedPod>comparingLong(this::backoffEnd)
                .thenComparingLong(p -> p.sequence));
    gauge("active", active);
    gauge("backoff", backoff);
    gauge("unschedulable", unschedulable.values());
    gauge("gated", gated.values());
  }

  private void gauge(String queue, java.util.Collection<?> pods) {
    Gauge.builder("scheduler_pending_pods", pods, java.util.Collection::size)
        .tag("queue", queue)
        .register(registry);
  }

  public void onReady(Runnable signal) {
    ready = signal;
  }

  /** A pod without a node that was not known here. */
  public void add(KubeObject pod) {
    QueuedPod known = all.get(pod.uid());
    if (known != null) {
      update(pod);
      return;
    }
    QueuedPod queued = new QueuedPod(new PodInfo(pod), context.nanoTime(), sequence++);
    all.put(pod.uid(), queued);
    activate(queued, "UnschedulablePodAdd");
  }

  /** A waiting pod was changed; what rejected it may now let it through. */
  public void update(KubeObject pod) {
    QueuedPod queued = all.get(pod.uid());
    if (queued == null) {
      add(pod);
      return;
    }
    KubeObject before = queued.pod();
    boolean relevant =
        !before.at("spec").equals(pod.at("spec"))
            || !before.at("metadata", "labels").equals(pod.at("metadata", "labels"))
            || !before
                .at("status", "resourceClaimStatuses")
                .equals(pod.at("status", "resourceClaimStatuses"));
    boolean wasActive = active.remove(queued);
    queued.info = new PodInfo(pod);
    if (wasActive) {
      active.add(queued);
    } else if (relevant && gated.remove(pod.uid()) != null) {
      reasons.ended(queued);
      activate(queued, "UnschedulablePodUpdate");
    } else if (relevant && unschedulable.containsKey(pod.uid())) {
      ClusterEvent event = new ClusterEvent(ClusterEvent.Kind.OWN_POD, before, pod);
      if (mayHelp(event, queued)) {
        wakeUp(queued, event);
      }
    }
  }

  /** The pod has a node now, or is gone. */
  public void remove(String uid) {
    QueuedPod queued = all.remove(uid);
    if (queued != null) {
      active.remove(queued);
      backoff.remove(queued);
      if (unschedulable.remove(uid) != null || gated.remove(uid) != null) {
        reasons.ended(queued);
      }
    }
  }

  /** The next pod to try; it is in none of the places until it is given back. */
  public @Nullable QueuedPod pop() {
    QueuedPod next = active.pollFirst();
    if (next == null) {
      for (QueuedPod waiting : backoff) {
        if (!waiting.errored) {
          next = waiting;
          break;
        }
      }
      if (next != null) {
        backoff.remove(next);
      }
    }
    if (next != null) {
      next.attempts++;
    }
    return next;
  }

  /** No node is good for it: it sleeps until one of these plugins may change its mind. */
  public void rejected(QueuedPod pod, Set<String> plugins) {
    if (all.get(pod.info.uid()) != pod) {
      return;
    }
    pod.failedAt = context.nanoTime();
    pod.errored = false;
    pod.flushed = false;
    pod.rejectedBy = Set.copyOf(plugins);
    unschedulable.put(pod.info.uid(), pod);
    reasons.began(pod);
    count("unschedulable", "ScheduleAttemptFailure");
    armFlush();
  }

  /** It failed for another reason than the nodes: try again after its back-off. */
  public void errored(QueuedPod pod) {
    if (all.get(pod.info.uid()) != pod) {
      return;
    }
    pod.failedAt = context.nanoTime();
    pod.errored = true;
    pod.flushed = false;
    sleep(pod, "ScheduleAttemptFailure");
  }

  /** Wakes the pods whose rejecting plugins hope for this event. */
  public void happened(ClusterEvent event) {
    long begun = context.nanoTime();
    for (QueuedPod pod : List.copyOf(unschedulable.values())) {
      if (mayHelp(event, pod)) {
        wakeUp(pod, event);
      }
    }
    times.handled(event, context.nanoTime() - begun);
  }

  /**
   * Pods are being evicted for one that was rejected: until {@link #release} it is not tried, since
   * it would see only some of them gone.
   */
  public void hold(String uid) {
    QueuedPod pod = unschedulable.get(uid);
    if (pod != null) {
      pod.held = true;
    }
  }

  /**
   * All evictions are answered; what happened in between is heard now.
   *
   * @param failed some pod did not go, so nothing may ever wake this one: it is tried again after
   *     its back-off
   */
  public void release(String uid, boolean failed) {
    QueuedPod pod = all.get(uid);
    if (pod == null || !pod.held) {
      return;
    }
    pod.held = false;
    ClusterEvent missed = pod.missed;
    pod.missed = null;
    if (!unschedulable.containsKey(uid)) {
      return;
    }
    if (failed) {
      unschedulable.remove(uid);
      reasons.ended(pod);
      pod.errored = true;
      sleep(pod, "ScheduleAttemptFailure");
    } else if (missed != null) {
      wakeUp(pod, missed);
    }
  }

  private void wakeUp(QueuedPod pod, ClusterEvent event) {
    if (pod.held) {
      pod.missed = event;
      return;
    }
    unschedulable.remove(pod.info.uid());
    reasons.ended(pod);
    wake(pod, event.label());
  }

  private boolean mayHelp(ClusterEvent event, QueuedPod pod, Plugin plugin) {
    if (!times.next()) {
      return plugin.mayHelp(event, pod.info);
    }
    long begun = context.nanoTime();
    boolean helps = plugin.mayHelp(event, pod.info);
    times.answered(plugin.name(), event, helps, context.nanoTime() - begun);
    return helps;
  }

  private boolean mayHelp(ClusterEvent event, QueuedPod pod) {
    if (pod.rejectedBy.isEmpty()) {
      return true;
    }
    for (String name : pod.rejectedBy) {
      Plugin plugin = plugins.get(name);
      if (plugin == null || mayHelp(event, pod, plugin)) {
        return true;
      }
    }
    return false;
  }

  private void wake(QueuedPod pod, String event) {
    if (backoffEnd(pod) - context.nanoTime() > 0) {
      sleep(pod, event);
    } else {
      activate(pod, event);
    }
  }

  private void activate(QueuedPod pod, String event) {
    for (Plugin.PreEnqueue gate : gates) {
      if (!(gate.preEnqueue(pod.info) instanceof Verdict.Ok)) {
        pod.rejectedBy = Set.of(gate.name());
        gated.put(pod.info.uid(), pod);
        reasons.began(pod);
        count("gated", event);
        return;
      }
    }
    pod.activated(context.nanoTime());
    active.add(pod);
    count("active", event);
    ready.run();
  }

  private void sleep(QueuedPod pod, String event) {
    backoff.add(pod);
    count("backoff", event);
    armBackoff();
    if (!pod.errored) {
      ready.run();
    }
  }

  /** The initial back-off doubled for every attempt after the first. */
  private long backoffEnd(QueuedPod pod) {
    if (pod.attempts == 0) {
      return pod.failedAt;
    }
    Duration delay = options.initialBackoff();
    for (int i = 1; i < pod.attempts && delay.compareTo(options.maxBackoff()) < 0; i++) {
      delay = delay.multipliedBy(2);
    }
    if (delay.compareTo(options.maxBackoff()) > 0) {
      delay = options.maxBackoff();
    }
    return pod.failedAt + delay.toNanos();
  }

  private void armBackoff() {
    if (backoffTimer != null) {
      backoffTimer.cancel();
      backoffTimer = null;
    }
    if (!backoff.isEmpty()) {
      long wait = backoffEnd(backoff.first()) - context.nanoTime();
      backoffTimer = context.schedule(Duration.ofNanos(Math.max(1, wait)), this::backoffOver);
    }
  }

  private void backoffOver() {
    backoffTimer = null;
    while (!backoff.isEmpty() && backoffEnd(backoff.first()) - context.nanoTime() <= 0) {
      QueuedPod pod = backoff.pollFirst();
      if (pod != null) {
        activate(pod, "BackoffComplete");
      }
    }
    armBackoff();
  }

  private void armFlush() {
    if (flushTimer == null) {
      flushTimer =
          context.schedule(
              options.unschedulableFlush(),
              () -> {
                flushTimer = null;
                long old = context.nanoTime() - options.unschedulableFlush().toNanos();
                for (QueuedPod pod : List.copyOf(unschedulable.values())) {
                  if (pod.failedAt - old <= 0 && !pod.held) {
                    unschedulable.remove(pod.info.uid());
                    reasons.ended(pod);
                    pod.flushed = true;
                    activate(pod, "UnschedulableTimeout");
                  }
                }
                if (!unschedulable.isEmpty()) {
                  armFlush();
                }
              });
    }
  }

  public void stop() {
    if (backoffTimer != null) {
      backoffTimer.cancel();
    }
    if (flushTimer != null) {
      flushTimer.cancel();
    }
    ready = () -> {};
  }

  private void count(String queue, String event) {
    registry
        .counter("scheduler_queue_incoming_pods_total", "queue", queue, "event", event)
        .increment();
  }
}
