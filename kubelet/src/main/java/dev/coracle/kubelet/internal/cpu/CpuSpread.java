package dev.coracle.kubelet.internal.cpu;

import dev.coracle.kubelet.config.CpuSet;
import dev.coracle.kubelet.internal.cpu.CpuTopology.Cpu;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Chooses CPUs of as few NUMA nodes as can be, in equal parts where it takes several, so that what
 * is left is even as well (KEP-2902). Pure.
 */
final class CpuSpread {

  /** Of more nodes than this with something free there are too many combinations to look at. */
  private static final int MOST_NODES = 16;

  /** How many CPUs each of some nodes gives. */
  private record Plan(List<CpuSet> nodes, int[] parts, double unevenness) {}

  private final CpuTopology topology;
  private final List<CpuSet> nodes;
  private final int count;
  private final int together;

  private CpuSpread(CpuTopology topology, List<CpuSet> nodes, int count, int together) {
    this.topology = topology;
    this.nodes = nodes;
    this.count = count;
    this.together = together;
  }

  /**
   * @param together so many CPUs are never parted
   * @return empty where there are not as many free ones
   */
  static Optional<CpuSet> of(CpuTopology topology, CpuSet free, int count, int together) {
    List<CpuSet> nodes =
        topology.by(Cpu::node).stream().map(free::inBoth).filter(node -> !node.isEmpty()).toList();
    if (free.size() < count || count % together != 0 || nodes.size() > MOST_NODES) {
      return CpuChoice.of(topology, free, count);
    }
    CpuSpread spread = new CpuSpread(topology, nodes, count, together);
    return IntStream.rangeClosed(1, nodes.size())
        .mapToObj(spread::best)
        .flatMap(Optional::stream)
        .findFirst()
        .map(spread::take)
        .or(() -> CpuChoice.of(topology, free, count));
  }

  /** The evenest of all that take this many nodes. */
  private Optional<Plan> best(int size) {
    List<Plan> plans = new ArrayList<>();
    for (int mask = 1; mask < 1 << nodes.size(); mask++) {
      if (Integer.bitCount(mask) == size) {
        plan(mask).ifPresent(plans::add);
      }
    }
    return plans.stream().min(Comparator.comparingDouble(Plan::unevenness));
  }

  private Optional<Plan> plan(int mask) {
    List<CpuSet> those =
        IntStream.range(0, nodes.size())
            .filter(i -> (mask & 1 << i) != 0)
            .mapToObj(nodes::get)
            .toList();
    int part = count / those.size() / together * together;
    if (those.stream().anyMatch(node -> node.size() < part)) {
      return Optional.empty();
    }
    int[] parts = new int[those.size()];
    Arrays.fill(parts, part);
    for (int rest = count - part * those.size(); rest > 0; rest -= together) {
      Optional<Integer> roomiest = roomiest(those, parts);
      if (roomiest.isEmpty()) {
        return Optional.empty();
      }
      parts[roomiest.get()] += together;
    }
    return Optional.of(new Plan(those, parts, unevenness(those, parts)));
  }

  /** Whoever has the most left, and gives the least so far of those. */
  private Optional<Integer> roomiest(List<CpuSet> those, int[] parts) {
    return IntStream.range(0, parts.length)
        .boxed()
        .filter(i -> those.get(i).size() - parts[i] >= together)
        .max(
            Comparator.comparingInt((Integer i) -> -parts[i])
                .thenComparingInt(i -> those.get(i).size() - parts[i])
                .thenComparing(Comparator.reverseOrder()));
  }

  /** The variance of what is left on all nodes. */
  private double unevenness(List<CpuSet> those, int[] parts) {
    double sum = 0;
    double squares = 0;
    for (CpuSet node : nodes) {
      int i = those.indexOf(node);
      double left = i < 0 ? node.size() : node.size() - parts[i];
      sum += left;
      squares += left * left;
    }
    double mean = sum / nodes.size();
    return squares / nodes.size() - mean * mean;
  }

  private CpuSet take(Plan plan) {
    CpuSet out = CpuSet.NONE;
    for (int i = 0; i < plan.parts.length; i++) {
      out = out.plus(CpuChoice.of(topology, plan.nodes.get(i), plan.parts[i]).orElse(CpuSet.NONE));
    }
    return out;
  }
}
