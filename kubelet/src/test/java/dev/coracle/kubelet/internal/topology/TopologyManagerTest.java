package dev.coracle.kubelet.internal.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.config.TopologyManagement;
import dev.coracle.kubelet.config.TopologyManagement.Policy;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.NodeDevices.Refused;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which pods are let in, and from where they are given what they ask for. */
class TopologyManagerTest {
  private static final Pod POD =
      new Pod(
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"u"},
               "spec":{"initContainers":[{"name":"a"}],"containers":[{"name":"b"}]}}
              """));

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final KubeletMetrics metrics = new KubeletMetrics(registry, "n1");
  private final Sample cpu = new Sample("cpu");
  private final Sample gpu = new Sample("gpu");

  /** Gives what it says, and remembers from where. */
  private static final class Sample implements HintProvider {
    final String resource;
    final List<String> given = new ArrayList<>();
    List<TopologyHint> hints = List.of();
    int asked;

    Sample(String resource) {
      this.resource = resource;
    }

    @Override
    public Map<String, List<TopologyHint>> hints(Pod pod, ContainerSpec container) {
      asked++;
      return Map.of(resource, hints);
    }

    @Override
    public Map<String, List<TopologyHint>> hints(Pod pod) {
      return hints(pod, pod.containers().getFirst());
    }

    @Override
    public void allocate(Pod pod, ContainerSpec container, TopologyHint hint) {
      given.add(container.name() + hint.nodesOr(NumaMask.NONE));
    }
  }

  private static NumaNodes machine(int nodes) {
    Map<Integer, NumaNodes.Node> out = new java.util.TreeMap<>();
    IntStream.range(0, nodes).forEach(n -> out.put(n, new NumaNodes.Node(0, Map.of(), List.of())));
    return new NumaNodes(out);
  }

  private TopologyManager manager(Policy policy, boolean wholePods, int nodes) {
    return new TopologyManager(
        new TopologyManagement(policy, wholePods, false, 8),
        machine(nodes),
        List.of(cpu, gpu),
        metrics);
  }

  /** As many as these nodes have, narrowest preferred: "0 1 01". */
  private static List<TopologyHint> hints(String text) {
    if (text.equals("-")) {
      return List.of();
    }
    List<NumaMask> masks = new ArrayList<>();
    for (String nodes : text.split(" ")) {
      masks.add(NumaMask.of(nodes.chars().map(c -> c - '0').boxed().toList()));
    }
    int least = masks.stream().mapToInt(NumaMask::count).min().orElse(0);
    return masks.stream().map(m -> new TopologyHint(m, m.count() == least)).toList();
  }

  private double count(String metric) {
    return registry.get(metric).counter().count();
  }

  private double aligned(String what, String scope) {
    return registry
        .get("kubelet_container_aligned_compute_resources_" + what)
        .tags("scope", scope, "boundary", "numa_node")
        .gauges()
        .stream()
        .mapToDouble(Gauge::value)
        .sum();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NONE             | 2 | 0 01         | 1 01   | []",
        "BEST_EFFORT      | 2 | 0 1 01       | 1 01   | [1]",
        "BEST_EFFORT      | 2 | 0 01         | 1 01   | [0]",
        "BEST_EFFORT      | 2 | -            | 1 01   | [1]",
        "RESTRICTED       | 2 | 0 1 01       | 1 01   | [1]",
        "RESTRICTED       | 2 | 0 01         | 1 01   | refused",
        "RESTRICTED       | 2 | 01           | 01     | [0, 1]",
        "RESTRICTED       | 2 | -            | 1 01   | refused",
        "RESTRICTED       | 4 | 0123 013 023 | 23 023 | refused",
        "RESTRICTED       | 4 | 01 23 0123   | 23 123 | [2, 3]",
        "SINGLE_NUMA_NODE | 2 | 0 1 01       | 1 01   | [1]",
        "SINGLE_NUMA_NODE | 2 | 0 01         | 1 01   | refused",
        "SINGLE_NUMA_NODE | 2 | 01           | 01     | refused",
        "SINGLE_NUMA_NODE | 1 | 0            | 0      | []",
        "SINGLE_NUMA_NODE | 4 | 1 2 3 12     | 2 3 23 | [2]",
      })
  void policies(Policy policy, int nodes, String cpus, String gpus, String from) throws Refused {
    for (boolean wholePods : new boolean[] {false, true}) {
      cpu.given.clear();
      gpu.given.clear();
      cpu.hints = hints(cpus);
      gpu.hints = hints(gpus);
      TopologyManager manager = manager(policy, wholePods, nodes);
      if (from.equals("refused")) {
        assertThatThrownBy(() -> manager.allocate(POD))
            .isInstanceOfSatisfying(
                Refused.class, e -> assertThat(e.reason()).isEqualTo("TopologyAffinityError"))
            .hasMessage("Resources cannot be allocated with Topology locality");
        assertThat(cpu.given).isEmpty();
      } else {
        manager.allocate(POD);
        assertThat(cpu.given).containsExactly("a" + from, "b" + from);
        assertThat(gpu.given).containsExactly("a" + from, "b" + from);
      }
    }
    assertThat(count("kubelet_topology_manager_admission_requests_total")).isEqualTo(2);
    assertThat(count("kubelet_topology_manager_admission_errors_total"))
        .isEqualTo(from.equals("refused") ? 2 : 0);
    if (policy == Policy.SINGLE_NUMA_NODE) {
      boolean refused = from.equals("refused");
      assertThat(aligned("count", "container")).isEqualTo(refused ? 0 : 2);
      assertThat(aligned("count", "pod")).isEqualTo(refused ? 0 : 1);
      assertThat(aligned("failure_count", "container")).isEqualTo(refused ? 1 : 0);
      assertThat(aligned("failure_count", "pod")).isEqualTo(refused ? 1 : 0);
    }
  }

  @Test
  void whatIsDecidedStaysUntilThePodHasEnded() throws Refused {
    cpu.hints = hints("0 01");
    gpu.hints = hints("0 01");
    TopologyManager containers = manager(Policy.RESTRICTED, false, 2);
    containers.allocate(POD);
    assertThat(cpu.asked).as("by container").isEqualTo(2);
    cpu.hints = hints("1 01");
    containers.allocate(POD);
    assertThat(cpu.given).containsExactly("a[0]", "b[0]", "a[0]", "b[0]");
    containers.release("u");
    assertThatThrownBy(() -> containers.allocate(POD)).isInstanceOf(Refused.class);
    containers.keepOnly(Set.of());

    cpu.asked = 0;
    gpu.hints = hints("1 01");
    manager(Policy.RESTRICTED, true, 2).allocate(POD);
    assertThat(cpu.asked).as("by pod").isEqualTo(1);
  }

  @Test
  void machinesWithManyNodesAreForThoseWhoSaySo() {
    assertThatThrownBy(() -> manager(Policy.BEST_EFFORT, false, 9))
        .hasMessage("[topologymanager] unsupported on machines with more than 8 NUMA Nodes");
    assertThat(manager(Policy.NONE, false, 9)).isNotNull();
  }
}
