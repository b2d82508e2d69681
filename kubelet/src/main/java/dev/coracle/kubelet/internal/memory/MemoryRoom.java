package dev.coracle.kubelet.internal.memory;

import dev.coracle.kubelet.internal.topology.NumaMask;
import dev.coracle.kubelet.internal.topology.TopologyHint;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is left of the NUMA nodes' memory while some of it is held. Nodes from which something is
 * held together are a group until nobody holds anything of them: nothing else comes from some of
 * them, or from them and others, since it is not known how much of it is where. Pure.
 */
final class MemoryRoom {
  private final Map<Integer, Map<String, NodeMemory>> machine;
  private final Map<Integer, Map<String, Long>> taken = new TreeMap<>();
  private final Map<Integer, NumaMask> groups = new HashMap<>();
  private final Map<Integer, Integer> holders = new HashMap<>();

  /**
   * @param machine by node and type
   * @throws IllegalArgumentException something is held that the machine does not have
   */
  MemoryRoom(Map<Integer, Map<String, NodeMemory>> machine, Collection<MemoryBlock> held) {
    this.machine = machine;
    held.forEach(this::take);
  }

  private void take(MemoryBlock block) {
    long left = block.size();
    for (int node : block.nodes().nodes()) {
      if (!machine.containsKey(node)) {
        throw new IllegalArgumentException(
            "[memorymanager] the memory assignment uses the NUMA that does not exist");
      }
      if (!machine.get(node).containsKey(block.type())) {
        throw new IllegalArgumentException(
            "[memorymanager] the memory assignment uses memory resource that does not exist");
      }
      groups.put(node, block.nodes());
      holders.merge(node, 1, Integer::sum);
      long part = Math.min(left, free(node, block.type()));
      taken.computeIfAbsent(node, _ -> new TreeMap<>()).merge(block.type(), part, Long::sum);
      left -= part;
    }
  }

  long taken(int node, String type) {
    return taken.getOrDefault(node, Map.of()).getOrDefault(type, 0L);
  }

  long free(int node, String type) {
    return allocatable(node, type) - taken(node, type);
  }

  private long allocatable(int node, String type) {
    NodeMemory memory = machine.getOrDefault(node, Map.of()).get(type);
    return memory == null ? 0 : memory.allocatable();
  }

  /** The nodes from which memory comes together with that of this one. */
  NumaMask group(int node) {
    return groups.getOrDefault(node, NumaMask.of(List.of(node)));
  }

  /** How many blocks are held of a node. */
  int holders(int node) {
    return holders.getOrDefault(node, 0);
  }

  boolean has(NumaMask nodes, Map<String, Long> wanted) {
    return wanted.entrySet().stream()
        .allMatch(
            e -> nodes.nodes().stream().mapToLong(n -> free(n, e.getKey())).sum() >= e.getValue());
  }

  /** Whether nobody holds anything of some of the nodes, or of them and others. */
  boolean isWhole(NumaMask nodes) {
    return nodes.nodes().stream().allMatch(n -> holders(n) == 0 || group(n).equals(nodes));
  }

  /**
   * From which nodes so much could come.
   *
   * @param reusable what is held of sets of nodes and can be had again
   */
  List<TopologyHint> hints(Map<String, Long> wanted, Collection<MemoryBlock> reusable) {
    NumaMask all = NumaMask.of(machine.keySet());
    int narrowest =
        all.parts()
            .filter(part -> couldHave(part, wanted))
            .mapToInt(NumaMask::count)
            .min()
            .orElse(all.count());
    return all.parts()
        .filter(part -> couldHave(part, wanted) && isWhole(part))
        .filter(part -> has(part, without(wanted, reusable, part)))
        .map(part -> new TopologyHint(part, part.count() == narrowest))
        .toList();
  }

  private boolean couldHave(NumaMask nodes, Map<String, Long> wanted) {
    return wanted.entrySet().stream()
        .allMatch(e ->
            nodes.nodes().stream().mapToLong(n -> allocatable(n, e.getKey())).sum()
                >= e.getValue());
  }

  private static Map<String, Long> without(
      Map<String, Long> wanted, Collection<MemoryBlock> reusable, NumaMask nodes) {
    Map<String, Long> out = new TreeMap<>(wanted);
    reusable.stream()
        .filter(block -> block.nodes().equals(nodes))
        .forEach(block -> out.computeIfPresent(block.type(), (_, bytes) -> bytes - block.size()));
    return out;
  }
}
