package dev.coracle.kubelet;

import dev.coracle.kubelet.config.EvictionSignal.Condition;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.config.ProcessOptions;
import dev.coracle.kubelet.config.ShutdownOptions;
import dev.coracle.kubelet.internal.event.NodeEvents;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.eviction.EvictionManager;
import dev.coracle.kubelet.internal.eviction.Preemption;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.ProcessLimits;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.logs.LogRotation;
import dev.coracle.kubelet.internal.node.AllocatableEnforcement;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.internal.node.MachineWarnings;
import dev.coracle.kubelet.internal.node.NodeStatusManager;
import dev.coracle.kubelet.internal.node.OomWatcher;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.internal.shutdown.NodeShutdown;
import dev.coracle.kubelet.internal.shutdown.ShutdownInhibitor;
import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;
import dev.coracle.kubelet.internal.sync.SyncLoop;
import dev.coracle.kubelet.spi.RuntimeService;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * The parts of a kubelet that look after the node while its pods run: what it is short of, what the
 * kernel holds pods to and kills, the size of logs, and the node's shutdown. A simulated node has
 * none of the machine's troubles, so there they stand still.
 */
final class NodeParts {
  private final boolean simulated;
  private final Timers timers;
  private final LogRotation rotation;
  private final EvictionManager eviction;
  private final NodeShutdown shutdown;
  private final AllocatableEnforcement enforcement;
  final Preemption preemption;
  private final OomWatcher ooms;
  private final Optional<ShutdownInhibitor> inhibitor;
  private final Runnable warnings;
  private final ProcessOptions process;

  NodeParts(
      KubeletOptions options,
      Surroundings around,
      RuntimeService runtime,
      RuntimeCache cache,
      SyncLoop loop,
      PodParts pods,
      NodeStatusManager node,
      PodEvents events,
      NodeEvents nodeEvents,
      PodPaths paths) {
    this.simulated = around.simulated();
    this.process = options.configuration().process();
    this.timers = around.timers();
    this.rotation =
        new LogRotation(runtime, cache, loop::pods, paths, timers, options.configuration().logs());
    this.enforcement =
        new AllocatableEnforcement(
            options.configuration().reservations(),
            node.allocatable(),
            pods.cgroups,
            nodeEvents,
            timers);
    if (!simulated) {
      around.metrics().cgroupVersion(Machine.cgroupVersion());
    }
    this.warnings = () -> MachineWarnings.tell(nodeEvents, around.swap(), pods.noswap::isSupported);
    this.preemption = new Preemption(loop, events, around.metrics(), timers);
    this.ooms = new OomWatcher(OomWatcher.KERNEL_LOG, nodeEvents);
    this.eviction =
        new EvictionManager(
            runtime,
            cache,
            loop,
            pods.images,
            pods.gc,
            node,
            events,
            nodeEvents,
            around.metrics(),
            timers,
            paths,
            options.configuration(),
            around.room());
    ShutdownOptions grace = options.configuration().shutdown();
    this.shutdown =
        new NodeShutdown(
            grace,
            loop,
            pods.statuses,
            node,
            nodeEvents,
            timers,
            simulated ? Optional.empty() : Optional.of(options.rootDir()),
            around.metrics());
    this.inhibitor =
        around
            .logind()
            .filter(_ -> grace.isOn())
            .map(where -> new ShutdownInhibitor(where, grace.total(), shutdown, timers));
  }

  /**
   * Says what the kernel lacks, tells it of this process, and has it hold all pods together to what
   * is for them; before the first pod is made.
   */
  void enforce() {
    if (!simulated) {
      ProcessLimits.apply(process);
      warnings.run();
      enforcement.begin(Machine.mostProcessIds());
    }
  }

  /** Once the pods of the node are known. */
  void start() {
    if (!simulated) {
      rotation.start();
      eviction.start();
      ooms.start();
    }
  }

  /** Has a shutdown of the machine wait for its pods. */
  void awaitShutdowns() {
    shutdown.restore();
    inhibitor.ifPresent(i -> timers.execute(i::start));
  }

  void stop() {
    rotation.stop();
    eviction.stop();
    ooms.stop();
    inhibitor.ifPresent(ShutdownInhibitor::stop);
  }

  /** Ends the pods with the grace that is configured for the node's end. */
  CompletionStage<Void> shutDown() {
    return shutdown.run();
  }

  /** Why no pod is taken any more. */
  Optional<Verdict> refusal() {
    return shutdown.refusal();
  }

  /** What the node is short of. */
  Set<Condition> pressures() {
    return eviction.conditions();
  }

  /** Looks for pods to evict now, and not only on a tick. */
  void lookForPressure() {
    eviction.look();
  }
}
