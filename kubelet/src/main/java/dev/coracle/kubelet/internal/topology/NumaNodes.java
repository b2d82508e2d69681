package dev.coracle.kubelet.internal.topology;

import dev.coracle.api.Quantity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The NUMA nodes of the machine by their numbers; one, 0, where the kernel knows of none.
 *
 * @param nodes by their numbers
 */
public record NumaNodes(Map<Integer, Node> nodes) {

  /**
   * @param memory bytes, those of its huge pages among them
   * @param hugePages bytes set aside, by resources' names ({@code hugepages-2Mi})
   * @param distances to all nodes, itself among them, in the order of their numbers; may be empty
   */
  public record Node(long memory, Map<String, Long> hugePages, List<Integer> distances) {
    public Node {
      hugePages = Map.copyOf(hugePages);
      distances = List.copyOf(distances);
    }
  }

  private static final Pattern NODE = Pattern.compile("node(\\d{1,2})");
  private static final Pattern PAGES = Pattern.compile("hugepages-(\\d{1,12})kB");
  private static final Pattern TOTAL = Pattern.compile("MemTotal:\\s*(\\d{1,15}) kB");

  public NumaNodes {
    nodes = Map.copyOf(nodes);
  }

  /**
   * @param system {@code /sys/devices/system}
   * @param otherwise the machine as one node, where the kernel knows of none
   */
  public static NumaNodes read(Path system, Node otherwise) {
    Map<Integer, Node> out = new TreeMap<>();
    for (Path directory : list(system.resolve("node"))) {
      Matcher name = NODE.matcher(directory.getFileName().toString());
      if (name.matches()) {
        Matcher total = TOTAL.matcher(text(directory.resolve("meminfo")));
        long memory = total.find() ? Long.parseLong(total.group(1)) << 10 : 0;
        out.put(
            Integer.parseInt(name.group(1)),
            new Node(memory, hugePages(directory), distances(directory)));
      }
    }
    return new NumaNodes(out.isEmpty() ? Map.of(0, otherwise) : out);
  }

  private static Map<String, Long> hugePages(Path node) {
    Map<String, Long> out = new TreeMap<>();
    for (Path size : list(node.resolve("hugepages"))) {
      Matcher name = PAGES.matcher(size.getFileName().toString());
      String count = text(size.resolve("nr_hugepages"));
      if (name.matches() && count.matches("\\d{1,12}")) {
        long bytes = Long.parseLong(name.group(1)) << 10;
        out.put("hugepages-" + Quantity.ofBytes(bytes), bytes * Long.parseLong(count));
      }
    }
    return out;
  }

  private static List<Integer> distances(Path node) {
    List<Integer> out = new ArrayList<>();
    for (String distance : text(node.resolve("distance")).split("\\s+")) {
      if (distance.matches("\\d{1,9}")) {
        out.add(Integer.parseInt(distance));
      }
    }
    return out;
  }

  private static List<Path> list(Path directory) {
    try (Stream<Path> list = Files.list(directory)) {
      return list.sorted().toList();
    } catch (IOException e) {
      return List.of(); // Not all kernels have all of it.
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return "";
    }
  }

  /**
   * @throws IllegalArgumentException a node's number is too large
   */
  public NumaMask all() {
    return NumaMask.of(nodes.keySet());
  }

  /** Of sets of as many nodes, those with the lower numbers first. */
  static Comparator<NumaMask> lowest() {
    return (a, b) -> Long.compareUnsigned(a.bits(), b.bits());
  }

  /** Of sets of as many nodes, those whose nodes are nearest to each other first. */
  Comparator<NumaMask> closest() {
    return Comparator.<NumaMask>comparingDouble(this::distance).thenComparing(lowest());
  }

  private double distance(NumaMask mask) {
    List<Integer> all = nodes.keySet().stream().sorted().toList();
    return mask.nodes().stream()
        .flatMap(from -> mask.nodes().stream().map(to -> distance(from, all.indexOf(to))))
        .mapToInt(Integer::intValue)
        .average()
        .orElse(0);
  }

  private int distance(int from, int index) {
    Node node = nodes.get(from);
    return node == null || index < 0 || index >= node.distances.size()
        ? 0
        : node.distances.get(index);
  }
}
