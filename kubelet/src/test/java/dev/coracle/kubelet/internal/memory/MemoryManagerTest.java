package dev.coracle.kubelet.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.MemoryManagement;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.NodeDevices.Refused;
import dev.coracle.kubelet.internal.topology.HintProvider;
import dev.coracle.kubelet.internal.topology.NumaMask;
import dev.coracle.kubelet.internal.topology.NumaNodes;
import dev.coracle.kubelet.internal.topology.TopologyHint;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Who has memory alone, on a machine of two NUMA nodes of 10 Gi, of which 1 Gi are huge pages, and
 * 1 Gi of node 0 is reserved: 8 Gi and 9 Gi can be had.
 */
class MemoryManagerTest {
  private static final long GI = 1L << 30;
  private static final NumaNodes.Node NODE =
      new NumaNodes.Node(10 * GI, Map.of("hugepages-2Mi", GI), List.of());
  private static final NumaNodes TWO = new NumaNodes(Map.of(0, NODE, 1, NODE));
  private static final MemoryManagement STATIC =
      new MemoryManagement(true, Map.of(0, Map.of("memory", Quantity.parse("1Gi"))));

  @TempDir Path directory;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private MemoryManager manager(MemoryManagement options, NumaNodes machine, String kept) {
    MemoryManager out =
        new MemoryManager(
            options,
            machine,
            Quantity.parse(kept),
            directory.resolve("memory_manager_state"),
            new KubeletMetrics(registry, "n1"));
    out.restore();
    return out;
  }

  private MemoryManager manager() {
    return manager(STATIC, TWO, "1Gi");
  }

  private static String container(String name, String more, String memory) {
    String amounts = "{\"cpu\":\"1\",\"memory\":\"%s\"%s}".formatted(memory, more);
    return "{\"name\":\"%s\",\"resources\":{\"requests\":%s,\"limits\":%s}}"
        .formatted(name, amounts, amounts);
  }

  private static Pod pod(String uid, String init, String containers) {
    return new Pod(
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"%s"},
             "spec":{"initContainers":[%s],"containers":[%s]}}
            """
                .formatted(uid, init, containers)));
  }

  private static Pod pod(String uid, String memory) {
    return pod(uid, "", container("c", "", memory));
  }

  private static void allocate(MemoryManager memory, Pod pod, int... nodes) throws Refused {
    List<Integer> mask = new ArrayList<>();
    for (int node : nodes) {
      mask.add(node);
    }
    for (ContainerSpec container : HintProvider.containers(pod)) {
      memory.allocate(pod, container, new TopologyHint(NumaMask.of(mask), true));
    }
  }

  private static List<String> hints(Map<String, List<TopologyHint>> hints, String type) {
    return hints.getOrDefault(type, List.of()).stream()
        .map(h -> h.nodesOr(NumaMask.NONE) + (h.preferred() ? "!" : ""))
        .sorted()
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "",
      value = {
        "nothing is held             |           | 2Gi   | [0, 1];[0]!;[1]!",
        "only one has as much        |           | 8500Mi| [0, 1];[1]!",
        "none has as much            |           | 12Gi  | [0, 1]!",
        "nobody has as much          |           | 18Gi  |",
        "one is taken                | 7Gi 0     | 2Gi   | [1]!",
        "both are taken together     | 10Gi 0 1  | 2Gi   | [0, 1]",
        "and by more                 | 10Gi 0 1  | 12Gi  |",
      })
  void fromWhereSoMuchCouldCome(String why, String held, String wanted, String expected)
      throws Refused {
    MemoryManager memory = manager();
    if (held != null) {
      String[] parts = held.split(" ");
      int[] nodes = new int[parts.length - 1];
      for (int i = 1; i < parts.length; i++) {
        nodes[i - 1] = Integer.parseInt(parts[i]);
      }
      allocate(memory, pod("before", parts[0]), nodes);
    }
    Pod pod = pod("p", wanted);
    List<String> hints = expected == null ? List.of() : List.of(expected.split(";"));
    assertThat(hints(memory.hints(pod, pod.containers().getFirst()), "memory"))
        .as(why)
        .containsExactlyElementsOf(hints);
    assertThat(hints(memory.hints(pod), "memory")).as(why).containsExactlyElementsOf(hints);
  }

  @Test
  void memoryAndHugePagesComeFromTheSameNodes() throws Refused {
    MemoryManager memory = manager();
    Pod pod = pod("p", "", container("c", ",\"hugepages-2Mi\":\"1Gi\"", "2Gi"));
    memory.allocate(pod);
    assertThat(memory.of("p", "c"))
        .containsExactly(
            new MemoryBlock("hugepages-2Mi", GI, NumaMask.of(Set.of(0))),
            new MemoryBlock("memory", 2 * GI, NumaMask.of(Set.of(0))));
    assertThat(memory.nodes("p", "c")).isEqualTo("0");
    Pod next = pod("q", "", container("c", ",\"hugepages-2Mi\":\"2Mi\"", "1Gi"));
    assertThat(hints(memory.hints(next), "hugepages-2Mi")).containsExactly("[1]!");
    assertThat(hints(memory.hints(next), "memory")).containsExactly("[1]!");
    assertThat(hints(memory.hints(pod), "memory")).as("as it is held").containsExactly("[0]!");
    assertThat(memory.allocatable())
        .hasSize(4)
        .contains(new MemoryBlock("memory", 8 * GI, NumaMask.of(Set.of(0))));
  }

  @Test
  void othersHaveNothingAlone() throws Refused {
    MemoryManager memory = manager();
    Pod burstable =
        pod("b", "", "{\"name\":\"c\",\"resources\":{\"requests\":{\"memory\":\"1Gi\"}}}");
    memory.allocate(burstable);
    assertThat(memory.of("b", "c")).isEmpty();
    assertThat(memory.nodes("b", "c")).isEmpty();
    assertThat(memory.hints(burstable)).isEmpty();
  }

  @Test
  void whatInitContainersHadTheOthersHaveAgain() throws Refused {
    MemoryManager memory = manager();
    allocate(memory, pod("p", container("init", "", "6Gi"), container("c", "", "7Gi")), 0);
    assertThat(memory.of("p", "init")).extracting(MemoryBlock::size).containsExactly(0L);
    assertThat(memory.of("p", "c")).extracting(MemoryBlock::size).containsExactly(7 * GI);
    assertThat(hints(memory.hints(pod("q", "1Gi")), "memory")).containsExactly("[0]!", "[1]!");
    memory.release("p");
    assertThat(hints(memory.hints(pod("q", "8Gi")), "memory")).contains("[0]!", "[1]!");
  }

  @Test
  void whoCannotHaveItIsRefused() throws Refused {
    MemoryManager memory = manager();
    allocate(memory, pod("a", "7Gi"), 0);
    allocate(memory, pod("b", "8Gi"), 1);
    assertThatThrownBy(() -> memory.allocate(pod("c", "2Gi")))
        .isInstanceOfSatisfying(
            Refused.class, e -> assertThat(e.reason()).isEqualTo("UnexpectedAdmissionError"))
        .hasMessage(
            "Allocate failed due to [memorymanager] failed to get the default NUMA affinity, no"
                + " NUMA nodes with enough memory is available, which is unexpected");
    assertThatThrownBy(() -> allocate(memory, pod("c", "2Gi"), 0))
        .hasMessageContaining("failed to find NUMA nodes to extend the current topology hint");
    assertThatThrownBy(() -> allocate(memory, pod("c", "1Gi"), 0, 1))
        .hasMessageContaining("preferred hint violates NUMA node allocation");
    assertThat(registry.get("kubelet_memory_manager_pinning_requests_total").counter().count())
        .isEqualTo(5);
    assertThat(registry.get("kubelet_memory_manager_pinning_errors_total").counter().count())
        .isEqualTo(3);
    memory.keepOnly(Set.of("a"));
    memory.allocate(pod("c", "2Gi"));
    assertThat(memory.nodes("c", "c")).isEqualTo("1");
  }

  @Test
  void aHintThatIsTooNarrowIsWidened() throws Refused {
    MemoryManager memory = manager();
    allocate(memory, pod("a", "12Gi"), 0);
    assertThat(memory.nodes("a", "c")).isEqualTo("0,1");
  }

  @Test
  void aLaterKubeletFindsWhatIsHeld() throws Exception {
    allocate(manager(), pod("a", "7Gi"), 0);
    MemoryManager later = manager();
    assertThat(later.nodes("a", "c")).isEqualTo("0");
    assertThat(hints(later.hints(pod("b", "2Gi")), "memory")).containsExactly("[1]!");
    assertThat(directory.resolve("memory_manager_state"))
        .content()
        .startsWith(
            "{\"policyName\":\"Static\",\"machineState\":{\"0\":{\"numberOfAssignments\":1,")
        .contains(
            "\"memory\":{\"total\":10737418240,\"systemReserved\":1073741824,"
                + "\"allocatable\":8589934592,\"reserved\":7516192768,\"free\":1073741824}",
            "\"entries\":{\"a\":{\"c\":[{\"numaAffinity\":[0],\"type\":\"memory\","
                + "\"size\":7516192768}]}}");
  }

  @Test
  void anotherPolicyAnotherMachineOrADamagedFileNeedsAnAdministrator() throws Exception {
    allocate(manager(), pod("a", "7Gi"), 0);
    assertThatThrownBy(() -> manager(MemoryManagement.NONE, TWO, "1Gi"))
        .hasMessage(
            "could not restore state from checkpoint: [memorymanager] configured policy \"None\""
                + " differs from state checkpoint policy \"Static\", please drain this node and"
                + " delete the memory manager checkpoint file \""
                + directory.resolve("memory_manager_state")
                + "\" before restarting Kubelet");
    NumaNodes more = new NumaNodes(Map.of(0, NODE, 1, NODE, 2, NODE));
    assertThatThrownBy(() -> manager(STATIC, more, "1Gi"))
        .hasMessageContaining("the expected machine state is different from the real one");
    Path file = directory.resolve("memory_manager_state");
    Files.writeString(file, Files.readString(file).replace("7516192768", "7516192769"));
    assertThatThrownBy(this::manager).hasMessageContaining("checkpoint is corrupted");
  }

  @Test
  void whatIsReservedIsWhatIsKept() {
    assertThatThrownBy(() -> manager(STATIC, TWO, "1124Mi"))
        .hasMessage(
            "the total amount \"1Gi\" of type \"memory\" is not equal to the value \"1124Mi\""
                + " determined by Node Allocatable feature");
    assertThatThrownBy(() -> manager(new MemoryManagement(true, Map.of()), TWO, "0"))
        .hasMessage("[memorymanager] you should specify the system reserved memory");
    assertThatThrownBy(() -> manager(STATIC, new NumaNodes(Map.of(1, NODE)), "1Gi"))
        .hasMessage(
            "the reserved memory configuration references a NUMA node 0 that does not exist on"
                + " this machine");
  }
}
