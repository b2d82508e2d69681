package dev.coracle.kubelet.internal.serving;

import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.cri.v1.FilesystemUsage;
import dev.coracle.cri.v1.LinuxPodSandboxStats;
import dev.coracle.cri.v1.NetworkInterfaceUsage;
import dev.coracle.cri.v1.PodSandboxStats;
import dev.coracle.cri.v1.UInt64Value;
import dev.coracle.kubelet.internal.host.Cgroups;
import dev.coracle.kubelet.internal.host.GroupCounters;
import dev.coracle.kubelet.internal.host.GroupFiles;
import dev.coracle.kubelet.internal.host.InterfaceCounters;
import dev.coracle.kubelet.internal.host.TreeUse;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.Labels;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.server.stats.CpuStats;
import dev.coracle.kubelet.server.stats.FsStats;
import dev.coracle.kubelet.server.stats.MemoryStats;
import dev.coracle.kubelet.server.stats.NetworkStats;
import dev.coracle.kubelet.server.stats.PodStats;
import dev.coracle.kubelet.server.stats.VolumeStats;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a pod and its containers use: as the runtime tells, and of the pod as a whole as the kernel
 * counts for its cgroup.
 *
 * @param statuses what is known of a pod's containers, by the pod's uid
 */
record PodUse(
    Cgroups cgroups,
    GroupFiles groups,
    GroupCounters counters,
    PressureReader pressures,
    Rates rates,
    PodDisk disk,
    VolumeUse volumes,
    Function<String, Optional<PodRuntimeStatus>> statuses) {

  /**
   * @param files empty where only CPU and memory are asked for
   */
  PodStats read(
      PodContext context,
      List<ContainerStats> containers,
      @Nullable PodSandboxStats sandbox,
      Optional<RuntimeFiles> files,
      Instant now) {
    Pod pod = context.pod();
    String group = cgroups.parentOf(pod);
    boolean all = files.isPresent();
    Map<String, TreeUse> logs = all ? disk.logs(pod) : Map.of();
    List<dev.coracle.kubelet.server.stats.ContainerStats> list = new ArrayList<>();
    long cpu = 0;
    TreeUse layers = TreeUse.NONE;
    for (ContainerStats c : containers) {
      list.add(container(pod, c, logs, files, now));
      cpu += c.getCpu().getUsageCoreNanoSeconds().getValue();
      FilesystemUsage layer = c.getWritableLayer();
      layers =
          layers.plus(
              new TreeUse(layer.getUsedBytes().getValue(), layer.getInodesUsed().getValue()));
    }
    List<VolumeStats> ofVolumes = all ? volumes.of(pod) : List.of();
    TreeUse ephemeral = all ? disk.ephemeral(pod, layers, ofVolumes) : TreeUse.NONE;
    LinuxPodSandboxStats told =
        sandbox == null ? LinuxPodSandboxStats.getDefaultInstance() : sandbox.getLinux();
    return new PodStats(
        pod.namespace(),
        pod.name(),
        pod.uid(),
        context.firstSeen(),
        group,
        rates.cpu(pod.uid(), now, cpu),
        groups
            .use(group)
            .map(use -> NodeUse.memory(use, now))
            .orElseGet(() -> sum(containers, now)),
        pressures.of(told, group),
        all && told.hasNetwork() ? network(told, packets(list), now) : null,
        files.flatMap(RuntimeFiles::node).map(room -> room.taken(ephemeral)).orElse(null),
        told.hasProcess()
            ? value(told.getProcess().hasProcessCount(), told.getProcess().getProcessCount())
            : null,
        all ? counters.ofPod(group).orElse(null) : null,
        list,
        ofVolumes);
  }

  /** Where the pod has no cgroup that could be read. */
  private static MemoryStats sum(List<ContainerStats> containers, Instant now) {
    long sum = 0;
    for (ContainerStats c : containers) {
      sum += c.getMemory().getWorkingSetBytes().getValue();
    }
    return MemoryStats.of(now, sum, sum);
  }

  private static NetworkStats network(
      LinuxPodSandboxStats told, Map<String, NetworkStats.Interface> packets, Instant now) {
    List<NetworkStats.Interface> interfaces = new ArrayList<>();
    var n = told.getNetwork();
    if (n.hasDefaultInterface()) {
      interfaces.add(of(n.getDefaultInterface(), packets));
    }
    n.getInterfacesList().stream()
        .filter(i -> !i.getName().equals(n.getDefaultInterface().getName()))
        .forEach(i -> interfaces.add(of(i, packets)));
    return new NetworkStats(now, interfaces);
  }

  /** What one of its processes sees of its network, by interface. */
  private Map<String, NetworkStats.Interface> packets(
      List<dev.coracle.kubelet.server.stats.ContainerStats> containers) {
    Map<String, NetworkStats.Interface> out = new HashMap<>();
    containers.stream()
        .flatMap(c -> counters.processOf(c.cgroup()).stream())
        .findFirst()
        .ifPresent(pid ->
            InterfaceCounters.read(counters.processes().resolve(pid + "/net/dev"))
                .forEach(i -> out.put(i.name(), i)));
    return out;
  }

  /** Bytes and errors as the runtime tells, and packets, of which it says nothing. */
  private static NetworkStats.Interface of(
      NetworkInterfaceUsage i, Map<String, NetworkStats.Interface> packets) {
    NetworkStats.Interface seen = packets.get(i.getName());
    return new NetworkStats.Interface(
        i.getName(),
        value(i.hasRxBytes(), i.getRxBytes()),
        value(i.hasRxErrors(), i.getRxErrors()),
        value(i.hasTxBytes(), i.getTxBytes()),
        value(i.hasTxErrors(), i.getTxErrors()),
        seen == null ? null : seen.rxPackets(),
        seen == null ? null : seen.rxDropped(),
        seen == null ? null : seen.txPackets(),
        seen == null ? null : seen.txDropped());
  }

  private dev.coracle.kubelet.server.stats.ContainerStats container(
      Pod pod,
      ContainerStats c,
      Map<String, TreeUse> logs,
      Optional<RuntimeFiles> files,
      Instant now) {
    String id = c.getAttributes().getId();
    String name = c.getAttributes().getLabelsMap().getOrDefault(Labels.CONTAINER_NAME, "");
    String group = cgroups.parentOf(pod) + "/" + id;
    Long total = value(c.getCpu().hasUsageCoreNanoSeconds(), c.getCpu().getUsageCoreNanoSeconds());
    Long given = value(c.getCpu().hasUsageNanoCores(), c.getCpu().getUsageNanoCores());
    return new dev.coracle.kubelet.server.stats.ContainerStats(
        name,
        id,
        pod.container(name).map(s -> s.image()).orElse(""),
        startOf(pod.uid(), id).orElse(now),
        group,
        new CpuStats(
            now, given != null ? given : total == null ? null : rates.rate(id, now, total), total),
        memory(c, group, now),
        pressures.of(c, group),
        files.isPresent() && c.hasWritableLayer()
            ? layer(c.getWritableLayer(), files.get(), now)
            : null,
        files
            .flatMap(RuntimeFiles::node)
            .map(room -> room.taken(logs.getOrDefault(name, TreeUse.NONE)))
            .orElse(null),
        files.flatMap(_ -> counters.ofContainer(group)).orElse(null));
  }

  private MemoryStats memory(ContainerStats c, String group, Instant now) {
    var m = c.getMemory();
    var swap = c.getSwap();
    Optional<GroupFiles.Use> untold =
        swap.hasSwapUsageBytes() ? Optional.empty() : groups.use(group);
    return new MemoryStats(
        now,
        value(m.hasAvailableBytes(), m.getAvailableBytes()),
        value(m.hasUsageBytes(), m.getUsageBytes()),
        value(m.hasWorkingSetBytes(), m.getWorkingSetBytes()),
        value(m.hasRssBytes(), m.getRssBytes()),
        value(m.hasPageFaults(), m.getPageFaults()),
        value(m.hasMajorPageFaults(), m.getMajorPageFaults()),
        swap.hasSwapUsageBytes()
            ? Long.valueOf(swap.getSwapUsageBytes().getValue())
            : untold.map(GroupFiles.Use::swap).orElse(null),
        swap.hasSwapAvailableBytes()
            ? Long.valueOf(swap.getSwapAvailableBytes().getValue())
            : untold.map(GroupFiles.Use::swapAvailable).orElse(null));
  }

  private static FsStats layer(FilesystemUsage layer, RuntimeFiles files, Instant now) {
    return files
        .layers()
        .map(room -> RuntimeFiles.of(layer, room))
        .orElseGet(() ->
            new FsStats(
                now,
                null,
                null,
                value(layer.hasUsedBytes(), layer.getUsedBytes()),
                null,
                null,
                value(layer.hasInodesUsed(), layer.getInodesUsed())));
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
}
