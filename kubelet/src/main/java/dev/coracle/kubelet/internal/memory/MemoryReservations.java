package dev.coracle.kubelet.internal.memory;

import dev.coracle.api.Quantity;
import dev.coracle.kubelet.internal.topology.NumaNodes;
import java.util.Map;
import java.util.TreeMap;

/** What of each NUMA node's memory is for containers. Pure. */
final class MemoryReservations {

  private MemoryReservations() {}

  /**
   * @param reserved by node and type
   * @param kept what is kept of all memory: for Kubernetes, for the system, and by eviction
   * @throws IllegalArgumentException in upstream's words, if both are not the same
   */
  static Map<Integer, Map<String, NodeMemory>> of(
      NumaNodes machine, Map<Integer, Map<String, Quantity>> reserved, Quantity kept) {
    check(machine, reserved, kept);
    Map<Integer, Map<String, NodeMemory>> out = new TreeMap<>();
    machine
        .nodes()
        .forEach((number, node) -> {
          Map<String, Quantity> back = reserved.getOrDefault(number, Map.of());
          Map<String, NodeMemory> types = new TreeMap<>();
          node.hugePages().forEach((type, bytes) -> types.put(type, of(bytes, 0, back, type)));
          long huge = node.hugePages().values().stream().mapToLong(Long::longValue).sum();
          types.put("memory", of(node.memory(), huge, back, "memory"));
          out.put(number, types);
        });
    return out;
  }

  private static NodeMemory of(
      long total, long elsewhere, Map<String, Quantity> reserved, String type) {
    long back = reserved.getOrDefault(type, Quantity.ZERO).longValue();
    return new NodeMemory(total, back, Math.max(0, total - elsewhere - back));
  }

  private static void check(
      NumaNodes machine, Map<Integer, Map<String, Quantity>> reserved, Quantity kept) {
    Map<String, Quantity> sums = new TreeMap<>(Map.of("memory", Quantity.ZERO));
    reserved.forEach((node, types) -> {
      if (!machine.nodes().containsKey(node)) {
        throw new IllegalArgumentException(
            "the reserved memory configuration references a NUMA node "
                + node
                + " that does not exist on this machine");
      }
      types.forEach((type, amount) -> sums.merge(type, amount, Quantity::plus));
    });
    sums.forEach((type, sum) -> {
      Quantity expected = type.equals("memory") ? kept : Quantity.ZERO;
      if (sum.compareTo(expected) != 0) {
        throw new IllegalArgumentException(
            "the total amount \""
                + sum
                + "\" of type \""
                + type
                + "\" is not equal to the value \""
                + expected
                + "\" determined by Node Allocatable feature");
      }
    });
    if (kept.signum() == 0) {
      throw new IllegalArgumentException(
          "[memorymanager] you should specify the system reserved memory");
    }
  }
}
