package dev.coracle.kubelet.internal.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.config.EvictionOptions;
import dev.coracle.kubelet.config.EvictionSignal;
import dev.coracle.kubelet.config.EvictionThreshold;
import dev.coracle.kubelet.config.EvictionThreshold.Observation;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvictionWordsTest {
  private static final Pod POD =
      new Pod(
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"d","uid":"u"},
               "spec":{"containers":[{"name":"big","image":"i"},
                 {"name":"small","image":"i","resources":{"requests":{"memory":"1Gi"}}}]}}
              """));

  private static EvictionThreshold threshold(EvictionSignal signal) {
    return EvictionOptions.DEFAULT.thresholds().stream()
        .filter(t -> t.signal() == signal)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void memoryTellsTheContainersAboveTheirRequests() {
    Usage usage =
        new Usage(
            Map.of("u", Map.of("big", 20L << 20, "small", 10L << 20)),
            Map.of(),
            Map.of(),
            Map.of());
    assertThat(
            EvictionMessages.of(
                POD,
                threshold(EvictionSignal.MEMORY_AVAILABLE),
                new Observation(50L << 20, 1L << 30),
                usage,
                (_, _) -> 1L << 20))
        .isEqualTo(
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. "
                + "Container big was using 20Mi, request is 0, has larger consumption of memory. ");
  }

  @Test
  void theDiskTellsLayersAndLogs() {
    Usage usage = new Usage(Map.of(), Map.of("u", Map.of("big", 20L << 20)), Map.of(), Map.of());
    assertThat(
            EvictionMessages.of(
                POD,
                threshold(EvictionSignal.NODEFS_AVAILABLE),
                new Observation(50L << 20, 1L << 30),
                usage,
                (_, name) -> name.equals("big") ? 4L << 20 : 0))
        .endsWith(
            "Container big was using 24Mi, request is 0, has larger consumption of"
                + " ephemeral-storage. ");
  }

  @Test
  void inodesTellNumbers() {
    EvictionThreshold inodes = threshold(EvictionSignal.NODEFS_INODES_FREE);
    Usage nothing = new Usage(Map.of(), Map.of(), Map.of(), Map.of());
    assertThat(EvictionMessages.of(POD, inodes, new Observation(10, 1000), nothing, (_, _) -> 0))
        .isEqualTo("The node was low on resource: inodes. Threshold quantity: 50, available: 10. ");
  }

  @Test
  void percentagesAreOfTheCapacity() {
    EvictionThreshold nodefs = threshold(EvictionSignal.NODEFS_AVAILABLE);
    assertThat(nodefs.isMet(new Observation(99, 1000))).isTrue();
    assertThat(nodefs.isMet(new Observation(100, 1000))).isFalse();
    assertThat(nodefs.isMet(new Observation(0, 0))).isFalse();
  }

  @Test
  void thisMachinesFileSystemsAreSeen() throws Exception {
    var room = dev.coracle.kubelet.internal.host.Native.room(java.nio.file.Path.of("/proc/.."));
    var store = java.nio.file.Files.getFileStore(java.nio.file.Path.of("/"));
    assertThat(room.bytes()).isEqualTo(store.getTotalSpace());
    assertThat(room.inodes()).isGreaterThanOrEqualTo(room.inodesFree());
  }
}
