package dev.coracle.kubelet.internal.pleg;

import dev.coracle.cri.v1.Container;
import dev.coracle.cri.v1.ContainerEventResponse;
import dev.coracle.cri.v1.ContainerFilter;
import dev.coracle.cri.v1.PodSandbox;
import dev.coracle.cri.v1.PodSandboxFilter;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.runtime.Labels;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pod lifecycle event generator. Follows the runtime's container events (evented PLEG,
 * KEP-3386) and relists once a minute in case one was lost; where the runtime has no events
 * (containerd before 1.7), or ends each stream of them at once (CRI-O without {@code
 * enable_pod_events}), relists every second. Tells which pod changed, not what: workers read that
 * themselves. An event about something a worker has read already is dropped.
 *
 * <p>State is guarded by this; calls to the runtime are made on virtual threads outside the lock.
 */
public final class Pleg implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Pleg.class);
  private static final Duration SLOW = Duration.ofMinutes(1);
  private static final Duration FAST = Duration.ofSeconds(1);
  private static final Duration UNHEALTHY = Duration.ofMinutes(3);

  /** So many streams in a row that end without a failure and without an event: there are none. */
  private static final int MOST_SILENT = 5;

  private final RuntimeService runtime;
  private final RuntimeCache cache;
  private final Timers timers;
  private final KubeletMetrics metrics;
  private final Consumer<String> changed;
  private final Runnable reconnected;
  private Map<String, Set<String>> prints = new HashMap<>();
  private Map<String, String> podOf = new HashMap<>();

  /** Stands for the event stream now asked for or open; null when the runtime has none. */
  private @Nullable Object following;

  private RuntimeService.@Nullable EventStream stream;
  private boolean listed;
  private boolean closed;
  private int failures;
  private int silent;
  private Timers.Handle timer = () -> {};
  private volatile long lastRelist = System.nanoTime();
  private volatile String lastFailure = "";

  /**
   * @param changed hears the uid of a pod that changed
   * @param reconnected called when the runtime is there again after it was not
   */
  public Pleg(
      RuntimeService runtime,
      RuntimeCache cache,
      Timers timers,
      KubeletMetrics metrics,
      Consumer<String> changed,
      Runnable reconnected) {
    this.runtime = runtime;
    this.cache = cache;
    this.timers = timers;
    this.metrics = metrics;
    this.changed = changed;
    this.reconnected = reconnected;
  }

  /** Blocks for the first list. */
  public void start() {
    relist();
    follow();
    arm();
  }

  public boolean isEvented() {
    synchronized (this) {
      return following != null;
    }
  }

  /** Empty when the last relist is recent enough. */
  public Optional<String> problem() {
    Duration ago = sinceRelist();
    if (!lastFailure.isEmpty()) {
      return Optional.of("container runtime is down: " + lastFailure);
    }
    return ago.compareTo(UNHEALTHY) > 0
        ? Optional.of(
            "PLEG is not healthy: pleg was last seen active "
                + ago.toSeconds()
                + "s ago; threshold is 3m0s")
        : Optional.empty();
  }

  /** How long ago the runtime could be listed, or since when it could not. */
  public Duration sinceRelist() {
    return Duration.ofNanos(System.nanoTime() - lastRelist);
  }

  /** The uids of all pods the runtime has anything of, by the last relist. */
  public Set<String> podsInRuntime() {
    synchronized (this) {
      return Set.copyOf(prints.keySet());
    }
  }

  private void follow() {
    // Noted before asking: the end may be told before the call returns.
    Object asked = new Object();
    synchronized (this) {
      if (closed) {
        return;
      }
      following = asked;
    }
    RuntimeService.EventStream opened =
        runtime.events(
            event -> timers.execute(() -> handle(event)),
            end -> timers.execute(() -> ended(asked, end)));
    synchronized (this) {
      if (following == asked) {
        stream = opened;
        return;
      }
    }
    opened.close();
  }

  private void ended(Object ofStream, CriException why) {
    boolean without;
    synchronized (this) {
      if (following != ofStream) {
        return;
      }
      stream = null;
      following = null;
      arm();
      without =
          why.code() == CriException.Code.UNIMPLEMENTED
              || why.code() == CriException.Code.OK && ++silent >= MOST_SILENT;
    }
    if (without) {
      LOG.atInfo().log("The runtime has no container events: relisting every second");
      return;
    }
    LOG.atWarn().addKeyValue("why", why.getMessage()).log("The runtime's event stream ended");
    timers.execute(this::relistSafely);
    timers.after(
        Duration.ofMillis(Math.min(5_000, 100L << Math.min(6, failures++))),
        () -> {
          synchronized (this) {
            if (closed || following != null) {
              return;
            }
          }
          follow();
          relistSafely();
          if (lastFailure.isEmpty()) {
            failures = 0;
          }
        });
  }

  /** The runtime that is there again may be another one, with events. */
  private void followAgain() {
    synchronized (this) {
      if (closed || following != null) {
        return;
      }
      silent = 0;
    }
    follow();
  }

  private void arm() {
    synchronized (this) {
      timer.cancel();
      if (!closed) {
        timer =
            timers.after(
                following != null ? SLOW : FAST,
                () -> {
                  relistSafely();
                  arm();
                });
      }
    }
  }

  private void handle(ContainerEventResponse event) {
    String uid = event.getPodSandboxStatus().getMetadata().getUid();
    synchronized (this) {
      silent = 0;
    }
    if (uid.isEmpty() && event.getContainersStatusesCount() > 0) {
      uid = event.getContainersStatuses(0).getLabelsMap().getOrDefault(Labels.POD_UID, "");
    }
    if (uid.isEmpty()) {
      synchronized (this) {
        uid = podOf.getOrDefault(event.getContainerId(), "");
      }
    }
    if (uid.isEmpty()) {
      relistSafely();
      return;
    }
    synchronized (this) {
      podOf.putIfAbsent(event.getContainerId(), uid);
    }
    boolean known =
        switch (event.getContainerEventType()) {
          case CONTAINER_CREATED_EVENT -> cache.mentioned(uid, event.getContainerId(), false);
          case CONTAINER_STARTED_EVENT -> cache.mentioned(uid, event.getContainerId(), true);
          case CONTAINER_STOPPED_EVENT, CONTAINER_DELETED_EVENT, UNRECOGNIZED -> {
            cache.ended(uid);
            yield false;
          }
        };
    if (known || isOlderThanReading(event, uid)) {
      return;
    }
    changed.accept(uid);
  }

  private boolean isOlderThanReading(ContainerEventResponse event, String uid) {
    Optional<PodRuntimeStatus> last = cache.last(uid);
    return last.isPresent()
        && event.getCreatedAt() > 0
        && last.get().readAt() > event.getCreatedAt();
  }

  /** Whether neither a list nor an event ever named anything of this pod. */
  public boolean isUnheardOf(String uid) {
    synchronized (this) {
      return listed
          && lastFailure.isEmpty()
          && !prints.containsKey(uid)
          && !podOf.containsValue(uid);
    }
  }

  /** Lists now; what fails is told by {@link #problem}. */
  public void relistNow() {
    relistSafely();
  }

  private void relistSafely() {
    try {
      relist();
    } catch (CriException e) {
      if (lastFailure.isEmpty()) {
        LOG.atWarn().addKeyValue("why", e.describe()).log("The runtime cannot be listed");
      }
      lastFailure = e.describe();
    }
  }

  private void relist() {
    long begun = System.nanoTime();
    Map<String, Set<String>> now = new HashMap<>();
    Map<String, String> pods = new HashMap<>();
    for (PodSandbox s : runtime.listPodSandboxes(PodSandboxFilter.getDefaultInstance())) {
      note(now, pods, s.getLabelsMap(), s.getId(), s.getState().getNumber());
    }
    for (Container c : runtime.listContainers(ContainerFilter.getDefaultInstance())) {
      note(now, pods, c.getLabelsMap(), c.getId(), 10 + c.getState().getNumber());
    }
    boolean wasDown = !lastFailure.isEmpty();
    Duration since = sinceRelist();
    lastRelist = System.nanoTime();
    lastFailure = "";
    metrics.relisted(Duration.ofNanos(lastRelist - begun), since, timers.clock().instant());
    Set<String> different = new TreeSet<>();
    synchronized (this) {
      now.forEach((uid, print) -> {
        if (!print.equals(prints.get(uid))) {
          different.add(uid);
        }
      });
      prints.keySet().stream().filter(uid -> !now.containsKey(uid)).forEach(different::add);
      listed = true;
      prints = now;
      podOf = pods;
    }
    if (wasDown) {
      LOG.atInfo().log("The runtime is there again");
      followAgain();
      reconnected.run();
    }
    different.forEach(changed);
  }

  private static void note(
      Map<String, Set<String>> prints,
      Map<String, String> pods,
      Map<String, String> labels,
      String id,
      int state) {
    String uid = labels.getOrDefault(Labels.POD_UID, "");
    if (!uid.isEmpty()) {
      prints.computeIfAbsent(uid, _ -> new TreeSet<>()).add(id + "=" + state);
      pods.put(id, uid);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      following = null;
      timer.cancel();
      if (stream != null) {
        stream.close();
      }
    }
  }
}
