package dev.coracle.kubelet.internal.shutdown;

import dev.coracle.kubelet.config.ShutdownOptions;
import dev.coracle.kubelet.internal.event.NodeEvents;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.node.NodeStatusManager;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;
import dev.coracle.kubelet.internal.status.StatusManager;
import dev.coracle.kubelet.internal.sync.SyncLoop;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the node's pods with grace before the node goes away (KEP-2000, KEP-2712): the Node is
 * NotReady and takes no more pods, then the groups of priorities end one after the other, each
 * within its own time. A pod so ended has failed, and stays so when the node comes back. Off, and
 * done at once, while no time is given. Blocks, on virtual threads.
 */
public final class NodeShutdown {
  /** Why the Node is not ready, as upstream says it. */
  public static final String NOT_READY = "node is shutting down";

  private static final Logger LOG = LoggerFactory.getLogger(NodeShutdown.class);
  private static final Verdict TERMINATED =
      Verdict.disruption("Terminated", "Pod was terminated in response to imminent node shutdown.");
  private static final Verdict REFUSED =
      Verdict.rejected("NodeShutdown", "Pod was rejected as the node is shutting down.");

  /** The last statuses are small writes; without them nobody would know why the pods ended. */
  private static final Duration WRITING = Duration.ofSeconds(5);

  private final ShutdownOptions options;
  private final SyncLoop loop;
  private final StatusManager statuses;
  private final NodeStatusManager node;
  private final NodeEvents events;
  private final Timers timers;
  private volatile boolean underWay;
  private @Nullable CompletableFuture<Void> running;
  private final ShutdownTimes times;

  /**
   * @param directory where the kubelet keeps its files; empty: it keeps none
   */
  public NodeShutdown(
      ShutdownOptions options,
      SyncLoop loop,
      StatusManager statuses,
      NodeStatusManager node,
      NodeEvents events,
      Timers timers,
      Optional<Path> directory,
      KubeletMetrics metrics) {
    this.times = new ShutdownTimes(directory);
    this.options = options;
    this.loop = loop;
    this.statuses = statuses;
    this.node = node;
    this.events = events;
    this.timers = timers;
    if (options.isOn()) {
      metrics.gauge(
          "kubelet_graceful_shutdown_start_time_seconds",
          "Last graceful shutdown start time since unix epoch in seconds",
          times::startSeconds);
      metrics.gauge(
          "kubelet_graceful_shutdown_end_time_seconds",
          "Last graceful shutdown end time since unix epoch in seconds",
          times::endSeconds);
    }
  }

  /** Takes up when it was the last time. Blocks. */
  public void restore() {
    if (options.isOn()) {
      times.restore();
    }
  }

  /** Why a pod is not taken any more. */
  public Optional<Verdict> refusal() {
    return underWay ? Optional.of(REFUSED) : Optional.empty();
  }

  /**
   * Completes when all pods have ended or their time is over. Does so once, whoever asks first,
   * until it is called off.
   */
  public synchronized CompletableFuture<Void> run() {
    if (!options.isOn()) {
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<Void> run = running;
    if (run == null) {
      underWay = true;
      run = CompletableFuture.runAsync(this::endAll, timers);
      running = run;
    }
    return run;
  }

  /** The node stays: it takes pods again. What has been ended is not brought back. Blocks. */
  public synchronized void cancel() {
    running = null;
    underWay = false;
    events.normal("Shutdown", "Shutdown manager detected shutdown cancellation");
    node.stays();
  }

  private synchronized void tellOfEnd() {
    if (underWay) {
      node.shuttingDown(NOT_READY);
    }
  }

  private void endAll() {
    LOG.atInfo()
        .addKeyValue("seconds", options.total().toSeconds())
        .log("The node is shutting down, its pods end with grace");
    times.begin(timers.clock().instant());
    events.normal("Shutdown", "Shutdown manager detected shutdown event");
    tellOfEnd();
    List<List<Pod>> groups = new ArrayList<>();
    options.groups().forEach(_ -> groups.add(new ArrayList<>()));
    for (PodContext context : loop.pods()) {
      Pod pod = context.pod();
      if (!pod.isTerminalPhase() && !loop.isEnded(pod.uid())) {
        groups.get(options.groupOf(pod.spec().path("priority").asInt(0))).add(pod);
      }
    }
    List<CompletableFuture<Void>> written = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      end(groups.get(i), options.groups().get(i).period());
      groups.get(i).forEach(p -> written.add(statuses.settled(p.uid())));
    }
    await(written, WRITING);
    times.end(timers.clock().instant());
  }

  private void end(List<Pod> pods, Duration period) {
    List<CompletableFuture<Void>> ends = new ArrayList<>();
    for (Pod pod : pods) {
      long grace = Math.min(period.toSeconds(), pod.gracePeriodSeconds());
      ends.add(loop.ended(pod.uid()));
      loop.evict(pod.uid(), TERMINATED, OptionalLong.of(grace));
    }
    if (!await(ends, period)) {
      LOG.atWarn()
          .addKeyValue("seconds", period.toSeconds())
          .log("Not all pods have ended in the time that a shutdown of the node gives them");
    }
  }

  private static boolean await(List<CompletableFuture<Void>> all, Duration limit) {
    return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
        .handle((_, _) -> true)
        .completeOnTimeout(false, limit.toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }
}
