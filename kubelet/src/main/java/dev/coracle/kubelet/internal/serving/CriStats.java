package dev.coracle.kubelet.internal.serving;

import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.cri.v1.PodSandboxStats;
import dev.coracle.kubelet.internal.host.Cgroups;
import dev.coracle.kubelet.internal.host.GroupCounters;
import dev.coracle.kubelet.internal.host.GroupFiles;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.internal.runtime.Labels;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.server.stats.NodeStats;
import dev.coracle.kubelet.server.stats.NodeStats.Extent;
import dev.coracle.kubelet.server.stats.PodStats;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the node and its pods use, asked of the runtime and the machine when somebody wants to know.
 * Blocks.
 */
public final class CriStats {
  private final RuntimeService runtime;
  private final Supplier<List<PodContext>> pods;
  private final Path root;
  private final Clock clock;
  private final PodDisk disk;
  private final NodeUse node;
  private final PodUse uses;

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
      PodPaths paths,
      Clock clock,
      VolumeUse volumes,
      Function<String, Optional<PodRuntimeStatus>> statuses,
      GroupFiles groups) {
    this.runtime = runtime;
    this.pods = pods;
    this.root = paths.root();
    this.clock = clock;
    this.disk = new PodDisk(paths, clock);
    Rates rates = new Rates();
    PressureReader pressures = new PressureReader(groups.unified(), Path.of("/proc/pressure"));
    this.node = new NodeUse(nodeName, machine, cgroups.podsGroup(), groups, pressures, rates);
    this.uses =
        new PodUse(
            cgroups, groups, GroupCounters.of(groups), pressures, rates, disk, volumes, statuses);
  }

  public NodeStats read(Extent extent) {
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
    Optional<RuntimeFiles> files =
        extent == Extent.ALL
            ? Optional.of(RuntimeFiles.look(runtime, root, now))
            : Optional.empty();
    List<PodStats> out = new ArrayList<>();
    Set<String> there = new HashSet<>();
    for (PodContext context : pods.get()) {
      String uid = context.pod().uid();
      List<ContainerStats> containers = byPod.getOrDefault(uid, List.of());
      if (!containers.isEmpty()) {
        there.add(uid);
        out.add(uses.read(context, containers, sandboxes.get(uid), files, now));
      }
    }
    disk.retain(there);
    return node.read(now, files, out);
  }
}
