package dev.coracle.kubelet.internal.cpu;

import dev.coracle.kubelet.config.CpuSet;
import dev.coracle.kubelet.internal.cpu.CpuTopology.Cpu;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * Chooses CPUs that share as much as can be: whole sockets and NUMA nodes first, then whole cores,
 * then single threads; of those, the ones beside what is chosen already, then the ones beside what
 * is in use, so that what is whole stays whole. Pure.
 */
final class CpuChoice {
  private final CpuTopology topology;
  private final int count;
  private CpuSet free;
  private CpuSet chosen = CpuSet.NONE;

  private CpuChoice(CpuTopology topology, CpuSet free, int count) {
    this.topology = topology;
    this.free = free;
    this.count = count;
  }

  /** Empty where there are not as many free ones. */
  static Optional<CpuSet> of(CpuTopology topology, CpuSet free, int count) {
    return free.size() < count
        ? Optional.empty()
        : Optional.of(new CpuChoice(topology, free, count).choose());
  }

  /**
   * The same, with whole last-level caches before cores, and the rest from as few of them as can
   * be.
   */
  static Optional<CpuSet> byCache(CpuTopology topology, CpuSet free, int count) {
    if (free.size() < count) {
      return Optional.empty();
    }
    CpuChoice choice = new CpuChoice(topology, free, count);
    choice.takeLarge();
    choice.takeWhole(choice.sorted(topology.by(Cpu::cache)));
    return Optional.of(
        choice
            .snuggest()
            .map(cache ->
                choice.chosen.plus(of(topology, cache, choice.missing()).orElse(CpuSet.NONE)))
            .orElseGet(choice::takeSmall));
  }

  /** What is free of the cache with the least room that has enough; empty where none has. */
  private Optional<CpuSet> snuggest() {
    return sorted(topology.by(Cpu::cache)).stream()
        .map(free::inBoth)
        .filter(room -> missing() > 0 && room.size() >= missing())
        .min(
            Comparator.comparing((CpuSet room) -> !isBeside(room, Cpu::node))
                .thenComparing(CpuSet::size));
  }

  private CpuSet choose() {
    takeLarge();
    return takeSmall();
  }

  private void takeLarge() {
    List<Collection<CpuSet>> large =
        new ArrayList<>(List.of(topology.by(Cpu::socket), topology.by(Cpu::node)));
    large.sort(
        Comparator.comparingInt(Collection::size)); // A node may be part of a socket, or not.
    large.forEach(this::takeWhole);
  }

  private CpuSet takeSmall() {
    takeWhole(sorted(topology.by(Cpu::core)));
    takeThreads();
    return chosen;
  }

  private void takeWhole(Collection<CpuSet> groups) {
    for (CpuSet group : groups) {
      if (free.contains(group) && group.size() <= missing()) {
        take(group);
      }
    }
  }

  private void takeThreads() {
    while (missing() > 0) {
      CpuSet core =
          sorted(topology.by(Cpu::core)).stream()
              .map(free::inBoth)
              .filter(threads -> !threads.isEmpty())
              .min(
                  Comparator.comparing((CpuSet c) -> !isBeside(c, Cpu::node))
                      .thenComparing(CpuSet::size))
              .orElseThrow();
      take(CpuSet.of(core.ids().subList(0, 1)));
    }
  }

  /** Those beside the chosen ones first, then those of the fullest NUMA node with room for all. */
  private List<CpuSet> sorted(Collection<CpuSet> cores) {
    return cores.stream()
        .sorted(
            Comparator.comparing((CpuSet core) -> !isBeside(core, Cpu::node))
                .thenComparing(core -> !isBeside(core, Cpu::socket))
                .thenComparing(core -> room(core) < missing())
                .thenComparing(this::room))
        .toList();
  }

  /** How many are free on its NUMA node. */
  private int room(CpuSet core) {
    return free.inBoth(neighbours(core, Cpu::node)).size();
  }

  private boolean isBeside(CpuSet core, ToIntFunction<Cpu> what) {
    return !neighbours(core, what).inBoth(chosen).isEmpty();
  }

  private CpuSet neighbours(CpuSet core, ToIntFunction<Cpu> what) {
    return topology.by(what).stream()
        .filter(group -> !group.inBoth(core).isEmpty()) // They are all of one.
        .findFirst()
        .orElse(CpuSet.NONE);
  }

  private int missing() {
    return count - chosen.size();
  }

  private void take(CpuSet cpus) {
    chosen = chosen.plus(cpus);
    free = free.minus(cpus);
  }
}
