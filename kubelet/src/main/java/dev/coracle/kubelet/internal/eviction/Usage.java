package dev.coracle.kubelet.internal.eviction;

import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.cri.v1.PodSandboxStats;
import dev.coracle.kubelet.internal.runtime.Labels;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What containers use, by the pod's uid and the container's name.
 *
 * @param memory working sets in bytes
 * @param layers writable layers in bytes
 * @param inodes of writable layers, by pod
 * @param processes by pod, where the runtime tells
 */
record Usage(
    Map<String, Map<String, Long>> memory,
    Map<String, Map<String, Long>> layers,
    Map<String, Long> inodes,
    Map<String, Long> processes) {
  private static final Logger LOG = LoggerFactory.getLogger(Usage.class);

  /** Asks the runtime; nothing where it does not answer. */
  static Usage of(RuntimeService runtime) {
    Map<String, Map<String, Long>> memory = new HashMap<>();
    Map<String, Map<String, Long>> layers = new HashMap<>();
    Map<String, Long> inodes = new HashMap<>();
    Map<String, Long> processes = new HashMap<>();
    try {
      for (ContainerStats c : runtime.containerStats()) {
        Map<String, String> labels = c.getAttributes().getLabelsMap();
        String uid = labels.getOrDefault(Labels.POD_UID, "");
        String name = labels.getOrDefault(Labels.CONTAINER_NAME, "");
        memory
            .computeIfAbsent(uid, _ -> new HashMap<>())
            .put(name, c.getMemory().getWorkingSetBytes().getValue());
        layers
            .computeIfAbsent(uid, _ -> new HashMap<>())
            .put(name, c.getWritableLayer().getUsedBytes().getValue());
        inodes.merge(uid, c.getWritableLayer().getInodesUsed().getValue(), Long::sum);
      }
      for (PodSandboxStats s : runtime.podSandboxStats()) {
        processes.put(
            s.getAttributes().getMetadata().getUid(),
            s.getLinux().getProcess().getProcessCount().getValue());
      }
    } catch (CriException e) {
      LOG.atDebug().log("No statistics for ranking: {}", e.describe());
    }
    return new Usage(memory, layers, inodes, processes);
  }

  long memory(String uid) {
    return memory.getOrDefault(uid, Map.of()).values().stream().mapToLong(Long::longValue).sum();
  }

  long memory(String uid, String container) {
    return memory.getOrDefault(uid, Map.of()).getOrDefault(container, 0L);
  }

  long inodes(String uid) {
    return inodes.getOrDefault(uid, 0L);
  }

  long processes(String uid) {
    return processes.getOrDefault(uid, 0L);
  }

  Map<String, Long> layers(String uid) {
    return layers.getOrDefault(uid, Map.of());
  }
}
