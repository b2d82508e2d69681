package dev.coracle.kubelet.internal.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.internal.cpu.CpuTopology.Cpu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The machine's CPUs as the kernel shows them. */
class CpuTopologyTest {
  @TempDir Path system;

  private void cpu(int id, String siblings, String socket) throws IOException {
    Path topology = system.resolve("cpu/cpu" + id + "/topology");
    Files.createDirectories(topology);
    Files.writeString(topology.resolve("thread_siblings_list"), siblings + "\n");
    Files.writeString(topology.resolve("physical_package_id"), socket + "\n");
  }

  private void cache(int cpu, String shared) throws IOException {
    for (int level = 1; level <= 3; level++) {
      Path index =
          Files.createDirectories(system.resolve("cpu/cpu" + cpu + "/cache/index" + (level + 1)));
      Files.writeString(index.resolve("level"), level + "\n");
      Files.writeString(index.resolve("shared_cpu_list"), (level == 3 ? shared : "0-3") + "\n");
    }
  }

  /** The last-level cache is the socket's where the kernel does not tell. */
  @Test
  void coresSocketsNodesAndCachesAreRead() throws IOException {
    cpu(0, "0,2", "0");
    cpu(1, "1,3", "1");
    cpu(2, "0,2", "0");
    cpu(3, "1,3", "1");
    Files.createDirectories(system.resolve("cpu/cpu4")); // Offline.
    Files.createDirectories(system.resolve("cpu/cpufreq"));
    Path node = Files.createDirectories(system.resolve("node/node1"));
    Files.writeString(node.resolve("cpulist"), "1,3\n");
    cache(0, "0");
    cache(2, "2");
    CpuTopology read = CpuTopology.read(system);
    assertThat(read.cpus())
        .containsExactly(
            new Cpu(0, 0, 0, 0, 0),
            new Cpu(1, 1, 1, 1, 1),
            new Cpu(2, 0, 0, 0, 2),
            new Cpu(3, 1, 1, 1, 1));
    assertThat(read.threads()).isEqualTo(2);
  }

  @Test
  void thisMachineHasTheCpusThatAreOnline() throws IOException {
    assertThat(CpuTopology.read(Path.of("/sys/devices/system")).all())
        .hasToString(Files.readString(Path.of("/sys/devices/system/cpu/online")).strip());
  }
}
