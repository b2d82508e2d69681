package dev.coracle.kubelet.internal.cpu;

import dev.coracle.kubelet.config.CpuSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The CPUs of the machine that are online, and what they share. */
record CpuTopology(List<Cpu> cpus) {

  /**
   * @param core the lowest CPU of its core
   * @param node its NUMA node; 0 where the kernel knows of none
   * @param cache the lowest CPU that has the same last-level cache, or of its socket where the
   *     kernel does not tell
   */
  record Cpu(int id, int core, int socket, int node, int cache) {}

  private static final Pattern CPU = Pattern.compile("cpu(\\d{1,4})");
  private static final Pattern CACHE = Pattern.compile("index(\\d{1,2})");
  private static final Pattern NODE = Pattern.compile("node(\\d{1,4})");

  private static final String LAST_LEVEL = "3";

  CpuTopology {
    cpus = List.copyOf(cpus);
  }

  /**
   * @param system {@code /sys/devices/system}
   */
  static CpuTopology read(Path system) {
    Map<Integer, Integer> nodes = new TreeMap<>();
    numbered(system.resolve("node"), NODE)
        .forEach((node, directory) ->
            CpuSet.parse(text(directory.resolve("cpulist")))
                .ids()
                .forEach(cpu -> nodes.put(cpu, node)));
    List<Cpu> cpus = new ArrayList<>();
    numbered(system.resolve("cpu"), CPU)
        .forEach((id, directory) -> {
          Path topology = directory.resolve("topology");
          CpuSet siblings = CpuSet.parse(text(topology.resolve("thread_siblings_list")));
          if (!siblings.isEmpty()) { // One that is offline has none.
            String socket = text(topology.resolve("physical_package_id"));
            cpus.add(
                new Cpu(
                    id,
                    siblings.ids().getFirst(),
                    socket.matches("\\d{1,9}") ? Integer.parseInt(socket) : 0,
                    nodes.getOrDefault(id, 0),
                    cache(directory.resolve("cache"))));
          }
        });
    return new CpuTopology(withCaches(cpus));
  }

  /** The lowest CPU at the same cache of the third level; -1 where there is none. */
  private static int cache(Path directory) {
    return numbered(directory, CACHE).values().stream()
        .filter(index -> text(index.resolve("level")).equals(LAST_LEVEL))
        .map(index -> CpuSet.parse(text(index.resolve("shared_cpu_list"))))
        .filter(shared -> !shared.isEmpty())
        .map(shared -> shared.ids().getFirst())
        .findFirst()
        .orElse(-1);
  }

  private static List<Cpu> withCaches(List<Cpu> cpus) {
    Map<Integer, Integer> first = new TreeMap<>();
    cpus.forEach(c -> first.putIfAbsent(c.socket(), c.id()));
    return cpus.stream()
        .map(c ->
            c.cache() >= 0
                ? c
                : new Cpu(
                    c.id(), c.core(), c.socket(), c.node(), first.getOrDefault(c.socket(), 0)))
        .toList();
  }

  private static Map<Integer, Path> numbered(Path directory, Pattern name) {
    Map<Integer, Path> out = new TreeMap<>();
    try (Stream<Path> list = Files.list(directory)) {
      list.forEach(path -> {
        Matcher matcher = name.matcher(path.getFileName().toString());
        if (matcher.matches()) {
          out.put(Integer.parseInt(matcher.group(1)), path);
        }
      });
    } catch (IOException e) {
      return Map.of();
    }
    return out;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return "";
    }
  }

  CpuSet all() {
    return CpuSet.of(cpus.stream().map(Cpu::id).toList());
  }

  /** Threads of a core. */
  int threads() {
    return (int) (cpus.size() / Math.max(1, cpus.stream().mapToInt(Cpu::core).distinct().count()));
  }

  /** The CPUs by what they share. */
  Collection<CpuSet> by(ToIntFunction<Cpu> what) {
    Map<Integer, List<Integer>> out = new TreeMap<>();
    cpus.forEach(c -> out.computeIfAbsent(what.applyAsInt(c), _ -> new ArrayList<>()).add(c.id()));
    return out.values().stream().map(CpuSet::of).toList();
  }
}
