package dev.coracle.kubelet;

import dev.coracle.client.Lister;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.config.NumaManagement;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.eviction.EvictionManager;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.internal.node.SwapSpace;
import dev.coracle.kubelet.internal.probe.ProbeMetrics;
import dev.coracle.kubelet.internal.shutdown.ShutdownInhibitor;
import dev.coracle.kubelet.internal.topology.NumaNodes;
import dev.coracle.kubelet.spi.RuntimeService;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What a kubelet stands on and may share with others of its process.
 *
 * @param services all Services; empty: the kubelet follows them itself
 * @param events what becomes of the events it tells
 * @param plugins whether device and volume plugins may register
 * @param simulated nothing of its pods is on this host, whose shortages are none of its concern
 * @param logind where systemd-logind delays a shutdown; empty: it is not asked to
 * @param room what the node has of what may run short; empty: as the machine says
 * @param swap of the machine
 * @param system where the kernel describes CPUs and NUMA nodes
 */
record Surroundings(
    RuntimeService runtime,
    Timers timers,
    Machine machine,
    KubeletMetrics metrics,
    ProbeMetrics probeMetrics,
    Optional<Lister> services,
    UnaryOperator<PodEvents> events,
    boolean plugins,
    boolean simulated,
    Optional<ShutdownInhibitor.Config> logind,
    Optional<EvictionManager.Observer> room,
    SwapSpace swap,
    Path system) {

  static final Path SYSTEM = Path.of("/sys/devices/system");

  /** This machine, for one kubelet alone. */
  static Surroundings real(
      KubeletOptions options,
      MeterRegistry registry,
      RuntimeService runtime,
      Clock clock,
      boolean plugins) {
    return new Surroundings(
        runtime,
        new Timers("kubelet-" + options.nodeName(), clock),
        Machine.read(),
        new KubeletMetrics(registry, options.nodeName()),
        new ProbeMetrics(registry),
        Optional.empty(),
        UnaryOperator.identity(),
        plugins,
        false,
        Optional.empty(),
        Optional.empty(),
        SwapSpace.read(),
        SYSTEM);
  }

  /** The same with another view of what the node has. */
  Surroundings withRoom(EvictionManager.Observer other) {
    return with(machine, logind, Optional.of(other), swap, system);
  }

  /** The same, and a shutdown of the machine waits for its pods. */
  Surroundings withLogind(ShutdownInhibitor.Config where) {
    return with(machine, Optional.of(where), room, swap, system);
  }

  /** The same on another machine, whose CPUs and NUMA nodes are described there. */
  Surroundings withMachine(Machine other, Path described) {
    return with(other, logind, room, swap, described);
  }

  /** The same with other swap. */
  Surroundings withSwap(SwapSpace other) {
    return with(machine, logind, room, other, system);
  }

  private Surroundings with(
      Machine newMachine,
      Optional<ShutdownInhibitor.Config> newLogind,
      Optional<EvictionManager.Observer> newRoom,
      SwapSpace newSwap,
      Path newSystem) {
    return new Surroundings(
        runtime,
        timers,
        newMachine,
        metrics,
        probeMetrics,
        services,
        events,
        plugins,
        simulated,
        newLogind,
        newRoom,
        newSwap,
        newSystem);
  }

  /** Where the machine's memory is; not looked for where nobody asks. */
  NumaNodes numa(NumaManagement options) {
    NumaNodes.Node whole =
        new NumaNodes.Node(machine.memoryBytes(), machine.hugePages(), List.of());
    return options.isAsked() ? NumaNodes.read(system, whole) : new NumaNodes(Map.of(0, whole));
  }
}
