package dev.coracle.kubelet.internal.serving;

import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.cri.v1.FilesystemUsage;
import dev.coracle.cri.v1.LinuxPodSandboxStats;
import dev.coracle.cri.v1.NetworkInterfaceUsage;
import dev.coracle.cri.v1.PodSandboxStats;
import dev.coracle.cri.v1.UInt64Value;
import dev.coracle.kubelet.internal.host.Cgroups;
import dev.coracle.kubelet.internal.host.GroupFiles;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.Labels;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.server.stats.CpuStats;
import dev.coracle.kubelet.server.stats.FsStats;
import dev.coracle.kubelet.server.stats.MemoryStats;
import dev.coracle.kubelet.server.stats.NetworkStats;
import dev.coracle.kubelet.server.stats.NodeStats;
import dev.coracle.kubelet.server.stats.PodStats;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the node and its pods use, asked of the runtime and the machine when somebody wants to know.
 * Blocks.
 */
public final class CriStats {
  /** CPU time at a time, to compute rates from. */
  private record Sample(long time, long nanos) {}

  private final RuntimeService runtime;
  private final Machine machine;
  private final Supplier<List<PodContext>> pods;
  private final Cgroups cgroups;
  private final String nodeName;
  private final Path root;
  private final Clock clock;
  private final VolumeUse volumes;
  private final Function<String, Optional<PodRuntimeStatus>> statuses;
  private final PressureReader pressures;
  private final GroupFiles groups;
  private final Map<String, Sample> samples = new java.util.concurrent.ConcurrentHashMap<>();

  /**
   * @param statuses what is known of a pod's containers, by the pod's uid
   * @param groups this machine's cgroups
   */
  public CriStats(
      RuntimeService runtime,
      Machine machine,
      Supplier<List<PodContext>> pods,
      Cgroups cgroups,
      String nodeName,
      Path root,
      Clock clock,
      VolumeUse volumes,
      Function<String, Optional<PodRuntimeStatus>> statuses,
      GroupFiles groups) {
    this.runtime = runtime;
    this.machine = machine;
    this.pods = pods;
    this.cgroups = cgroups;
    this.nodeName = nodeName;
    this.root = root;
    this.clock = clock;
    this.volumes = volumes;
    this.statuses = statuses;
    this.groups = groups;
    this.pressures = new PressureReader(groups.unified(), Path.of("/proc/pressure"));
  }

  public NodeStats read() {
    Instant now = clock.instant();
    Map<String, List<ContainerStats>> byPod = new HashMap<>();
    Map<String, PodSandboxStats> sandboxes = new HashMap<>();
    try {
      for (ContainerStats c : runtime.containerStats()) {
        byPod
            .computeIfAbsent(
                c.getAttributes().getLabelsMap().getOrDefault(Labels.POD_UID, ""),
                _ -> new ArrayList<>())
            .add(c);
      }
      for (PodSandboxStats s : runtime.podSandboxStats()) {
        sandboxes.put(s.getAttributes().getMetadata().getUid(), s);
      }
    } catch (CriException e) {
      if (!e.isUnavailable()) {
        throw e;
      }
    }
    List<PodStats> out = new ArrayList<>();
    for (PodContext context : pods.get()) {
      Pod pod = context.pod();
      List<ContainerStats> containers = byPod.getOrDefault(pod.uid(), List.of());
      if (!containers.isEmpty()) {
        out.add(pod(context, containers, sandboxes.get(pod.uid()), now));
      }
    }
    long[] memory = machine.memoryUse();
    return new NodeStats(
        nodeName,
        machine.bootTime(),
        CpuStats.of(now, rate("node", now, machine.cpuNanos()), machine.cpuNanos()),
        new MemoryStats(now, memory[1], memory[0], memory[2], null, null, null, null),
        pressures.node(),
        null,
        fs(root, now),
        null,
        null,
        null,
        null,
        machine.cpus(),
        machine.memoryBytes(),
        allPods(now).stream().toList(),
        out);
  }

  private Optional<NodeStats.SystemContainer> allPods(Instant now) {
    String group = cgroups.podsGroup();
    return groups
        .use(group)
        .map(use ->
            new NodeStats.SystemContainer(
                "pods",
                use.since(),
                CpuStats.of(now, rate("pods", now, use.cpuNanos()), use.cpuNanos()),
                new MemoryStats(
                    now,
                    null,
                    use.memoryUsage(),
                    use.workingSet(),
                    use.rss(),
                    use.pageFaults(),
                    use.majorPageFaults(),
                    null),
                pressures.of(group)));
  }

  private PodStats pod(
      PodContext context,
      List<ContainerStats> containers,
      @Nullable PodSandboxStats sandbox,
      Instant now) {
    Pod pod = context.pod();
    List<dev.coracle.kubelet.server.stats.ContainerStats> list = new ArrayList<>();
    long cpu = 0;
    long memory = 0;
    for (ContainerStats c : containers) {
      list.add(container(pod, c, now));
      cpu += c.getCpu().getUsageCoreNanoSeconds().getValue();
      memory += c.getMemory().getWorkingSetBytes().getValue();
    }
    NetworkStats network = null;
    if (sandbox != null && sandbox.getLinux().hasNetwork()) {
      List<NetworkStats.Interface> interfaces = new ArrayList<>();
      var n = sandbox.getLinux().getNetwork();
      if (n.hasDefaultInterface()) {
        interfaces.add(of(n.getDefaultInterface()));
      }
      n.getInterfacesList().stream()
          .filter(i -> !i.getName().equals(n.getDefaultInterface().getName()))
          .forEach(i -> interfaces.add(of(i)));
      network = new NetworkStats(now, interfaces);
    }
    return new PodStats(
        pod.namespace(),
        pod.name(),
        pod.uid(),
        context.firstSeen(),
        cgroups.parentOf(pod),
        CpuStats.of(now, rate(pod.uid(), now, cpu), cpu),
        MemoryStats.of(now, memory, memory),
        pressures.of(
            sandbox == null ? LinuxPodSandboxStats.getDefaultInstance() : sandbox.getLinux(),
            cgroups.parentOf(pod)),
        network,
        null,
        null,
        list,
        volumes.of(pod));
  }

  private static NetworkStats.Interface of(NetworkInterfaceUsage i) {
    return new NetworkStats.Interface(
        i.getName(),
        value(i.hasRxBytes(), i.getRxBytes()),
        value(i.hasRxErrors(), i.getRxErrors()),
        value(i.hasTxBytes(), i.getTxBytes()),
        value(i.hasTxErrors(), i.getTxErrors()));
  }

  private dev.coracle.kubelet.server.stats.ContainerStats container(
      Pod pod, ContainerStats c, Instant now) {
    String id = c.getAttributes().getId();
    String name = c.getAttributes().getLabelsMap().getOrDefault(Labels.CONTAINER_NAME, "");
    Long total = value(c.getCpu().hasUsageCoreNanoSeconds(), c.getCpu().getUsageCoreNanoSeconds());
    Long given = value(c.getCpu().hasUsageNanoCores(), c.getCpu().getUsageNanoCores());
    var m = c.getMemory();
    FilesystemUsage layer = c.getWritableLayer();
    return new dev.coracle.kubelet.server.stats.ContainerStats(
        name,
        id,
        pod.container(name).map(s -> s.image()).orElse(""),
        startOf(pod.uid(), id).orElse(now),
        cgroups.parentOf(pod) + "/" + id,
        CpuStats.of(
            now, given != null ? given : total == null ? null : rate(id, now, total), total),
        new MemoryStats(
            now,
            value(m.hasAvailableBytes(), m.getAvailableBytes()),
            value(m.hasUsageBytes(), m.getUsageBytes()),
            value(m.hasWorkingSetBytes(), m.getWorkingSetBytes()),
            value(m.hasRssBytes(), m.getRssBytes()),
            value(m.hasPageFaults(), m.getPageFaults()),
            value(m.hasMajorPageFaults(), m.getMajorPageFaults()),
            null),
        pressures.of(c, cgroups.parentOf(pod) + "/" + id),
        c.hasWritableLayer()
            ? new FsStats(
                now,
                null,
                null,
                value(layer.hasUsedBytes(), layer.getUsedBytes()),
                null,
                null,
                value(layer.hasInodesUsed(), layer.getInodesUsed()))
            : null,
        null,
        null);
  }

  private Optional<Instant> startOf(String podUid, String id) {
    return statuses
        .apply(podUid)
        .flatMap(s -> s.byId(id))
        .filter(c -> c.startedAt() > 0)
        .map(c -> Instant.ofEpochSecond(0, c.startedAt()));
  }

  private static @Nullable Long value(boolean has, UInt64Value value) {
    return has ? value.getValue() : null;
  }

  /** Billionths of a core since the question before; null the first time. */
  private @Nullable Long rate(String of, Instant now, long nanos) {
    long time = now.toEpochMilli();
    Sample before = samples.put(of, new Sample(time, nanos));
    if (samples.size() > 10_000) {
      samples.clear();
    }
    return before == null || time <= before.time || nanos < before.nanos
        ? null
        : (nanos - before.nanos) * 1000 / (time - before.time);
  }

  private static @Nullable FsStats fs(Path path, Instant now) {
    java.io.File at = path.toFile(); // A FileStore would read the whole table of mounts.
    long total = at.getTotalSpace();
    return total == 0
        ? null
        : new FsStats(now, at.getUsableSpace(), total, total - at.getFreeSpace(), null, null, null);
  }
}
