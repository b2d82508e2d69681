package dev.coracle.kubelet.internal.serving;

import dev.coracle.kubelet.internal.host.GroupFiles;
import dev.coracle.kubelet.internal.host.InterfaceCounters;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.server.stats.MemoryStats;
import dev.coracle.kubelet.server.stats.NetworkStats;
import dev.coracle.kubelet.server.stats.NodeStats;
import dev.coracle.kubelet.server.stats.PodStats;
import dev.coracle.kubelet.server.stats.Pressures;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the machine uses as a whole, and all pods together, and the process that the kubelet is in.
 *
 * @param podsGroup the cgroup of all pods together; empty for none
 */
record NodeUse(
    String nodeName,
    Machine machine,
    String podsGroup,
    GroupFiles groups,
    PressureReader pressures,
    Rates rates) {

  /**
   * @param files empty where only CPU and memory are asked for
   */
  NodeStats read(Instant now, Optional<RuntimeFiles> files, List<PodStats> pods) {
    Optional<Machine.ProcessIds> ids = Machine.processIds();
    return new NodeStats(
        nodeName,
        machine.bootTime(),
        rates.cpu("node", now, machine.cpuNanos()),
        memory(now),
        pressures.node(),
        files
            .map(_ -> new NetworkStats(now, InterfaceCounters.read(Path.of("/proc/self/net/dev"))))
            .orElse(null),
        files.flatMap(RuntimeFiles::node).map(FsRoom::whole).orElse(null),
        files.flatMap(RuntimeFiles::images).orElse(null),
        files.flatMap(RuntimeFiles::containers).orElse(null),
        ids.map(Machine.ProcessIds::most).orElse(null),
        ids.map(Machine.ProcessIds::used).orElse(null),
        machine.cpus(),
        machine.memoryBytes(),
        parts(now),
        pods);
  }

  private MemoryStats memory(Instant now) {
    long[] memory = machine.memoryUse();
    long[] swap = machine.swapUse();
    return new MemoryStats(
        now,
        memory[1],
        memory[0],
        memory[2],
        machine.anonymousBytes(),
        machine.events("pgfault"),
        machine.events("pgmajfault"),
        swap[1],
        swap[0]);
  }

  private List<NodeStats.SystemContainer> parts(Instant now) {
    List<NodeStats.SystemContainer> out = new ArrayList<>();
    OwnProcess.read()
        .map(own ->
            new NodeStats.SystemContainer(
                "kubelet",
                own.since(),
                rates.cpu("kubelet", now, own.cpuNanos()),
                new MemoryStats(
                    now,
                    null,
                    own.resident(),
                    own.resident(),
                    own.anonymous(),
                    own.faults(),
                    own.majorFaults(),
                    own.swap(),
                    null),
                Pressures.UNKNOWN))
        .ifPresent(out::add);
    groups
        .use(podsGroup)
        .map(use ->
            new NodeStats.SystemContainer(
                "pods",
                use.since(),
                rates.cpu("pods", now, use.cpuNanos()),
                memory(use, now),
                pressures.of(podsGroup)))
        .ifPresent(out::add);
    return out;
  }

  static MemoryStats memory(GroupFiles.Use use, Instant now) {
    return new MemoryStats(
        now,
        use.available(),
        use.memoryUsage(),
        use.workingSet(),
        use.rss(),
        use.pageFaults(),
        use.majorPageFaults(),
        use.swap(),
        use.swapAvailable());
  }
}
