package dev.coracle.kubelet;

import dev.coracle.kubelet.internal.node.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** A machine with NUMA nodes of four CPUs and 4 GiB each, as the kernel would describe it. */
record MadeUpMachine(Path system, int nodes) {
  static final long NODE_BYTES = 4L << 30;

  /** Writes the description. */
  static MadeUpMachine of(Path system, int nodes) throws IOException {
    for (int node = 0; node < nodes; node++) {
      Path directory = Files.createDirectories(system.resolve("node/node" + node));
      Files.writeString(directory.resolve("cpulist"), node * 4 + "-" + (node * 4 + 3) + "\n");
      Files.writeString(
          directory.resolve("meminfo"),
          "Node " + node + " MemTotal:       " + (NODE_BYTES >> 10) + " kB\n");
      Path pages = Files.createDirectories(directory.resolve("hugepages/hugepages-2048kB"));
      Files.writeString(pages.resolve("nr_hugepages"), "128\n");
    }
    for (int cpu = 0; cpu < nodes * 4; cpu++) {
      Path topology = Files.createDirectories(system.resolve("cpu/cpu" + cpu + "/topology"));
      Files.writeString(topology.resolve("thread_siblings_list"), cpu + "\n");
      Files.writeString(topology.resolve("physical_package_id"), cpu / 4 + "\n");
    }
    return new MadeUpMachine(system, nodes);
  }

  Surroundings in(Surroundings around) {
    Machine real = around.machine();
    return around.withMachine(
        new Machine(
            nodes * 4,
            nodes * NODE_BYTES,
            real.machineId(),
            real.systemUuid(),
            real.bootId(),
            real.kernel(),
            real.osImage(),
            real.architecture(),
            new TreeMap<>(Map.of("hugepages-2Mi", nodes * 256L << 20)),
            real.appArmor()),
        system);
  }
}
