package dev.coracle.kubelet.internal.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.kubelet.internal.topology.NumaNodes.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The machine's NUMA nodes as the kernel shows them. */
class NumaNodesTest {
  @TempDir Path system;

  @Test
  void memoryHugePagesAndDistancesAreRead() throws IOException {
    Path node = Files.createDirectories(system.resolve("node/node2"));
    Files.writeString(node.resolve("distance"), "10 21\n");
    Files.writeString(
        node.resolve("meminfo"),
        "Node 2 MemTotal:       16384 kB\nNode 2 MemFree:         1024 kB\n");
    Path pages = Files.createDirectories(node.resolve("hugepages/hugepages-2048kB"));
    Files.writeString(pages.resolve("nr_hugepages"), "3\n");
    Files.createDirectories(system.resolve("node/node0"));
    Files.createDirectories(system.resolve("node/power"));
    NumaNodes read = NumaNodes.read(system, new Node(1, Map.of(), List.of()));
    assertThat(read.nodes())
        .isEqualTo(
            Map.of(
                0,
                new Node(0, Map.of(), List.of()),
                2,
                new Node(16 << 20, Map.of("hugepages-2Mi", 6L << 20), List.of(10, 21))));
    assertThat(read.all().nodes()).containsExactly(0, 2);
  }

  @Test
  void aMachineWithoutNodesIsOne() {
    Node whole = new Node(5, Map.of("hugepages-2Mi", 4L), List.of());
    assertThat(NumaNodes.read(system, whole).nodes()).isEqualTo(Map.of(0, whole));
  }

  @Test
  void nodesHaveSmallNumbers() {
    assertThatThrownBy(() -> NumaMask.of(Set.of(64))).hasMessageContaining("64 is out of range");
  }
}
