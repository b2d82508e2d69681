package dev.coracle.kubelet.internal.sync;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;
import dev.coracle.tracing.Tracing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kubelet's heart: one loop that hears of everything (pod updates from the API and from
 * manifests, lifecycle events of the runtime, ticks of timers, housekeeping) and hands it to the
 * one {@link PodWorker} of the pod. It does no work itself, so it is never late.
 *
 * <p>The queue is bounded; when it is full nothing is lost: the loop then looks at all pods there
 * are. Workers are made and dropped on the loop's thread only.
 */
public final class SyncLoop {
  /** How far the kubelet is with a pod. */
  enum Lifecycle {
    SYNC,
    TERMINATING,
    TERMINATED
  }

  private static final Logger LOG = LoggerFactory.getLogger(SyncLoop.class);
  private static final int CAPACITY = 4096;
  private static final Comparator<KubeObject> OLDEST =
      Comparator.<KubeObject, String>comparing(p -> p.text("metadata", "creationTimestamp"))
          .thenComparing(p -> p.key().toString());

  private final ArrayBlockingQueue<SyncEvent> queue = new ArrayBlockingQueue<>(CAPACITY);
  private final AtomicBoolean overflow = new AtomicBoolean();
  private final Map<String, PodWorker> workers = new ConcurrentHashMap<>();

  /**
   * Pods that begin when another has ended: static ones, whose name the other had, and those that
   * are the other, having gone and come back meanwhile.
   */
  private final Map<NamespacedName, Pod> heirs = new ConcurrentHashMap<>();

  private final PodWorker.Steps steps;
  private final Timers timers;
  private final Function<Pod, PodContext> contexts;
  private final Supplier<Collection<KubeObject>> source;
  private final BiFunction<Pod, Boolean, CompletionStage<Void>> finished;
  private final java.util.function.Consumer<SyncLoop> housekeeping;
  private final Function<PodContext, Optional<Verdict>> admission;
  private final java.util.function.Consumer<Pod> unchanged;
  private final java.util.function.Consumer<Pod> cameBack;
  private volatile @Nullable Thread thread;
  private volatile boolean stopped;
  private volatile long handlingSince;
  private volatile boolean handling;

  /**
   * @param source all pods there should be
   * @param finished hears of a pod that ended and is gone from its source, and whether it has come
   *     back, so that what the runtime has of it is to stay; done when nothing else of it is left
   * @param housekeeping is run on its tick, on a virtual thread
   * @param admission why a new pod is refused by this node
   * @param unchanged hears of newer versions of pods that want nothing new
   * @param cameBack hears of pods that had gone and are there again before they have ended
   */
  public SyncLoop(
      PodSync steps,
      Tracing tracing,
      Timers timers,
      Function<Pod, PodContext> contexts,
      Supplier<Collection<KubeObject>> source,
      BiFunction<Pod, Boolean, CompletionStage<Void>> finished,
      java.util.function.Consumer<SyncLoop> housekeeping,
      Function<PodContext, Optional<Verdict>> admission,
      java.util.function.Consumer<Pod> unchanged,
      java.util.function.Consumer<Pod> cameBack) {
    this.steps = TracedSteps.around(steps, tracing);
    this.timers = timers;
    this.contexts = contexts;
    this.source = source;
    this.finished = finished;
    this.housekeeping = housekeeping;
    this.admission = admission;
    this.unchanged = unchanged;
    this.cameBack = cameBack;
  }

  public void start() {
    thread = Thread.ofVirtual().name("kubelet-syncloop").start(this::run);
  }

  /** Ends the loop and all workers; what runs in the runtime is left as it is. */
  public void stop() {
    stopped = true;
    Thread t = thread;
    if (t != null) {
      t.interrupt();
    }
    workers.values().forEach(PodWorker::stop);
  }

  /** Completes after {@link #stop}, when no worker does anything any more. */
  public CompletableFuture<Void> quiet() {
    return CompletableFuture.allOf(
        workers.values().stream().map(PodWorker::quiet).toArray(CompletableFuture[]::new));
  }

  /** Never blocks. */
  public void post(SyncEvent event) {
    if (!queue.offer(event)) {
      overflow.set(true);
    }
  }

  /** How long the loop has been at one event; zero while it waits for the next one. */
  public Duration busyFor() {
    return handling ? Duration.ofNanos(System.nanoTime() - handlingSince) : Duration.ZERO;
  }

  /** Pods now known, ended ones too. */
  public List<PodContext> pods() {
    List<PodContext> out = new ArrayList<>();
    workers.values().forEach(w -> out.add(w.context()));
    return out;
  }

  public Optional<PodContext> pod(String uid) {
    return Optional.ofNullable(workers.get(uid)).map(PodWorker::context);
  }

  /**
   * @param orphan those that are gone from their source, or else those that are not
   */
  long count(Lifecycle at, boolean isStatic, boolean orphan) {
    return workers.values().stream()
        .filter(w -> lifecycle(w.phase()) == at && w.isRemoved() == orphan)
        .filter(w -> w.context().pod().isStatic() == isStatic)
        .count();
  }

  private static Lifecycle lifecycle(PodWorker.Phase phase) {
    return switch (phase) {
      case SYNCING -> Lifecycle.SYNC;
      case TERMINATING -> Lifecycle.TERMINATING;
      case TERMINATED, FINISHED -> Lifecycle.TERMINATED;
    };
  }

  /** Whether the pod's containers have all ended and are not to come back. */
  public boolean isEnded(String uid) {
    PodWorker w = workers.get(uid);
    return w != null
        && (w.phase() == PodWorker.Phase.TERMINATED || w.phase() == PodWorker.Phase.FINISHED);
  }

  /** Whether this node did not take the pod; what it asked for is nothing to others then. */
  public boolean isRefused(String uid) {
    PodWorker w = workers.get(uid);
    return w != null && w.verdict().filter(Verdict::isRejection).isPresent();
  }

  /** Whether the pod has been told to end, and may not have done so yet. */
  public boolean isEnding(String uid) {
    PodWorker w = workers.get(uid);
    return w != null && w.isToEnd();
  }

  /** Completes when the pod's containers have all ended; at once where there is no such pod. */
  public CompletableFuture<Void> ended(String uid) {
    PodWorker w = workers.get(uid);
    return w == null ? CompletableFuture.completedFuture(null) : w.ended();
  }

  /** Ends a pod by the kubelet's own decision; its phase becomes Failed. */
  public void evict(String uid, Verdict why, OptionalLong grace) {
    PodWorker w = workers.get(uid);
    if (w != null) {
      w.terminate(grace, Optional.of(why), false);
    }
  }

  private void run() {
    while (!stopped) {
      SyncEvent event;
      try {
        event = queue.take();
      } catch (InterruptedException e) {
        return;
      }
      handlingSince = System.nanoTime();
      handling = true;
      try {
        handle(event);
        if (overflow.compareAndSet(true, false)) {
          LOG.atWarn().log("The SyncLoop's queue was full: looking at all pods");
          everything();
        }
      } catch (RuntimeException e) {
        LOG.atError().setCause(e).log("The SyncLoop could not handle an event");
      } finally {
        handling = false;
      }
    }
  }

  private void handle(SyncEvent event) {
    switch (event) {
      case SyncEvent.Listed _ -> everything();
      case SyncEvent.PodChanged e -> changed(new Pod(e.pod()));
      case SyncEvent.PodRemoved e -> removed(e.last().uid());
      case SyncEvent.PodTouched e -> {
        PodWorker w = workers.get(e.uid());
        if (w != null) {
          w.touched();
        }
      }
      case SyncEvent.Housekeeping _ -> timers.execute(() -> housekeeping.accept(this));
    }
  }

  private void changed(Pod pod) {
    PodWorker known = workers.get(pod.uid());
    if (known != null && !known.isRemoved()) {
      if (known.context().desired().wantsTheSameAs(pod)) {
        known.note(pod);
        unchanged.accept(pod);
      } else {
        known.update(pod);
      }
      return;
    }
    if (awaitsAnother(pod)) {
      NamespacedName key = pod.object().key();
      Pod before = heirs.put(key, pod);
      if (known != null && (before == null || !before.uid().equals(pod.uid()))) {
        cameBack.accept(pod);
      }
      // The other may have ended meanwhile, and then it has told of this one, or found none.
      if (awaitsAnother(pod) || !heirs.remove(key, pod)) {
        return;
      }
    }
    PodWorker fresh = new PodWorker(contexts.apply(pod), steps, timers, this::forget);
    Optional<Verdict> refused =
        pod.isDeleting() || pod.isTerminalPhase()
            ? Optional.empty()
            : admission.apply(fresh.context());
    workers.put(pod.uid(), fresh);
    refused.ifPresent(v -> fresh.terminate(OptionalLong.empty(), Optional.of(v), false));
    fresh.update(pod);
  }

  private boolean awaitsAnother(Pod pod) {
    return workers.containsKey(pod.uid())
        || pod.isStatic()
            && workers.values().stream()
                .map(w -> w.context().pod())
                .anyMatch(p -> p.isStatic() && p.object().key().equals(pod.object().key()));
  }

  private void removed(String uid) {
    heirs.values().removeIf(pod -> pod.uid().equals(uid));
    PodWorker w = workers.get(uid);
    if (w == null) {
      return;
    }
    // Gone without a graceful end (deleted by force): upstream gives what still runs one second. A
    // manifest that is taken away ends its pod as a deletion does.
    boolean forced = w.phase() == PodWorker.Phase.SYNCING && !w.context().pod().isStatic();
    w.terminate(forced ? OptionalLong.of(1) : OptionalLong.empty(), Optional.empty(), true);
  }

  /** A pod is known until nothing of it is left: what would be removed of it, its heir may have. */
  private void forget(PodWorker w) {
    w.stop();
    Pod pod = w.context().pod();
    Pod heir = heirs.get(pod.object().key());
    boolean comesBack = heir != null && heir.uid().equals(pod.uid());
    finished.apply(pod, comesBack).whenComplete((_, _) -> drop(w));
  }

  private void drop(PodWorker w) {
    workers.remove(w.context().uid(), w);
    Pod heir = heirs.remove(w.context().pod().object().key());
    if (heir != null) {
      post(new SyncEvent.PodChanged(heir.object()));
    }
  }

  /** The oldest first: who was here before keeps its place. */
  private void everything() {
    Map<String, KubeObject> wanted = new java.util.HashMap<>();
    source.get().forEach(p -> wanted.put(p.uid(), p));
    heirs.values().removeIf(p -> !wanted.containsKey(p.uid()));
    for (KubeObject pod : wanted.values().stream().sorted(OLDEST).toList()) {
      try {
        changed(new Pod(pod));
      } catch (RuntimeException e) {
        LOG.atError().addKeyValue("pod", pod.key()).setCause(e).log("A pod could not be looked at");
      }
    }
    workers.keySet().stream()
        .filter(uid -> !wanted.containsKey(uid))
        .toList()
        .forEach(this::removed);
  }
}
