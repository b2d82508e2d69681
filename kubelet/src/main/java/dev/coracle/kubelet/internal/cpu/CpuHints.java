package dev.coracle.kubelet.internal.cpu;

import dev.coracle.kubelet.config.CpuSet;
import dev.coracle.kubelet.internal.cpu.CpuTopology.Cpu;
import dev.coracle.kubelet.internal.topology.NumaMask;
import dev.coracle.kubelet.internal.topology.TopologyHint;
import java.util.List;
import java.util.Map;

/** From which NUMA nodes so many CPUs could come. Pure. */
final class CpuHints {
  private static final String RESOURCE = "cpu";

  static final Map<String, List<TopologyHint>> IMPOSSIBLE = Map.of(RESOURCE, List.of());

  private CpuHints() {}

  /**
   * @param reusable those of the pod itself, all of which are taken again
   */
  static Map<String, List<TopologyHint>> of(
      CpuTopology topology, CpuSet free, CpuSet reusable, int count) {
    NumaMask all = nodes(topology, topology.all());
    NumaMask must = nodes(topology, reusable);
    CpuSet usable = free.plus(reusable);
    int narrowest =
        all.parts()
            .filter(part -> on(topology, part).size() >= count)
            .mapToInt(NumaMask::count)
            .min()
            .orElse(all.count());
    return Map.of(
        RESOURCE,
        all.parts()
            .filter(part -> part.hasAll(must))
            .filter(part -> usable.inBoth(on(topology, part)).size() >= count)
            .map(part -> new TopologyHint(part, part.count() == narrowest))
            .toList());
  }

  private static NumaMask nodes(CpuTopology topology, CpuSet cpus) {
    List<Integer> ids = cpus.ids();
    return NumaMask.of(
        topology.cpus().stream().filter(c -> ids.contains(c.id())).map(Cpu::node).toList());
  }

  /** The CPUs of NUMA nodes. */
  static CpuSet on(CpuTopology topology, NumaMask nodes) {
    return CpuSet.of(
        topology.cpus().stream().filter(c -> nodes.has(c.node())).map(Cpu::id).toList());
  }
}
