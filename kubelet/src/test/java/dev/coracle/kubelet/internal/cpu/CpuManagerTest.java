package dev.coracle.kubelet.internal.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.CpuManagement;
import dev.coracle.kubelet.config.CpuManagement.Option;
import dev.coracle.kubelet.config.NodeReservations;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.NodeDevices.Refused;
import dev.coracle.kubelet.internal.topology.NumaMask;
import dev.coracle.kubelet.internal.topology.TopologyHint;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who has CPUs alone, on a machine of sixteen of which core 0 is reserved. */
class CpuManagerTest {
  private static final CpuManagement STATIC = CpuManagement.staticPolicy();

  @TempDir Path directory;
  private final AtomicInteger changes = new AtomicInteger();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  private CpuManager manager(CpuManagement options) {
    CpuManager out =
        new CpuManager(
            options,
            CpuChoiceTest.TWO_SOCKETS,
            new NodeReservations(
                Set.of(), Map.of(), Map.of("cpu", Quantity.parse("1500m")), "", "", ""),
            directory.resolve("cpu_manager_state"),
            new KubeletMetrics(meters, "n").plugins(),
            changes::incrementAndGet);
    out.restore();
    return out;
  }

  private static String container(String name, String more, String cpu) {
    String amounts = "{\"cpu\":\"" + cpu + "\",\"memory\":\"16Mi\"}";
    return "{\"name\":\"%s\",%s\"resources\":{\"requests\":%s,\"limits\":%s}}"
        .formatted(name, more, amounts, amounts);
  }

  private static Pod pod(String uid, String init, String containers, String more) {
    return new Pod(
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"%s"},
             "spec":{%s"initContainers":[%s],"containers":[%s]}}
            """
                .formatted(uid, more, init, containers)));
  }

  private static Pod pod(String uid, String cpu) {
    return pod(uid, "", container("c", "", cpu), "");
  }

  private static String of(CpuManager cpus, String uid, String container) {
    return cpus.of(uid, container).toString();
  }

  @Test
  void wholeCpusOfGuaranteedPodsAreTheirsAlone() throws Refused {
    CpuManager cpus = manager(STATIC);
    assertThat(cpus.allocatable()).hasToString("1-7,9-15");
    assertThat(of(cpus, "other", "c")).isEqualTo("0-15");
    cpus.allocate(pod("a", "2"));
    assertThat(of(cpus, "a", "c")).isEqualTo("1,9");
    assertThat(of(cpus, "other", "c")).isEqualTo("0,2-8,10-15");
    cpus.allocate(pod("a", "2"));
    assertThat(changes).as("what is given is not given again").hasValue(1);
    assertThat(meters.get("kubelet_cpu_manager_pinning_requests_total").counter().count()).isOne();
    assertThat(meters.get("kubelet_cpu_manager_pinning_errors_total").counter().count()).isZero();
    cpus.release("a");
    assertThat(of(cpus, "other", "c")).isEqualTo("0-15");
    assertThat(changes).hasValue(2);
  }

  @Test
  void partsOfCpusAndOtherPodsShareWhatIsLeft() throws Refused {
    CpuManager cpus = manager(STATIC);
    cpus.allocate(pod("part", "1500m"));
    cpus.allocate(
        pod("burstable", "", "{\"name\":\"c\",\"resources\":{\"requests\":{\"cpu\":\"2\"}}}", ""));
    cpus.allocate(
        pod("whole", "", container("c", "", "2"), "\"resources\":{\"limits\":{\"cpu\":\"4\"}},"));
    for (String uid : List.of("part", "burstable", "whole")) {
      assertThat(cpus.exclusive(uid, "c").isEmpty()).as(uid).isTrue();
      assertThat(of(cpus, uid, "c")).isEqualTo("0-15");
    }
    assertThat(changes).hasValue(0);
  }

  @Test
  void whatInitContainersHadTheOthersHaveAgainAndSidecarsKeepTheirs() throws Refused {
    CpuManager cpus = manager(STATIC);
    cpus.allocate(
        pod(
            "p",
            container("init", "", "4")
                + ","
                + container("side", "\"restartPolicy\":\"Always\",", "2"),
            container("a", "", "2") + "," + container("b", "", "2"),
            ""));
    assertThat(of(cpus, "p", "init")).isEqualTo("1-2,9-10");
    assertThat(of(cpus, "p", "side")).isEqualTo("1,9");
    assertThat(of(cpus, "p", "a")).isEqualTo("2,10");
    assertThat(of(cpus, "p", "b")).isEqualTo("3,11");
  }

  @Test
  void whoAsksForMoreThanThereIsIsRefused() throws Refused {
    CpuManager cpus = manager(STATIC);
    cpus.allocate(pod("most", "13"));
    assertThatThrownBy(() -> cpus.allocate(pod("more", "2")))
        .isInstanceOfSatisfying(
            Refused.class, e -> assertThat(e.reason()).isEqualTo("UnexpectedAdmissionError"))
        .hasMessage(
            "Allocate failed due to not enough cpus available to satisfy request: requested=2,"
                + " available=1, which is unexpected");
    assertThat(meters.get("kubelet_cpu_manager_pinning_errors_total").counter().count()).isOne();
    cpus.keepOnly(Set.of("more"));
    assertThatCode(() -> cpus.allocate(pod("more", "2"))).doesNotThrowAnyException();
  }

  private double gauge(String name, String... tags) {
    return meters.get("kubelet_" + name).tags(tags).gauge().value();
  }

  private double aligned(String what, String boundary) {
    return gauge(
        "container_aligned_compute_resources_" + what, "scope", "container", "boundary", boundary);
  }

  @Test
  void whoHasCpusAndHowNearTheyAreIsCounted() throws Refused {
    CpuManager cpus = manager(CpuManagement.staticPolicy(Option.FULL_PCPUS_ONLY));
    assertThat(gauge("cpu_manager_shared_pool_size_millicores")).isEqualTo(14_000);
    assertThat(gauge("cpu_manager_exclusive_cpu_allocation_count")).isZero();
    assertThat(gauge("cpu_manager_allocation_per_numa", "numa_node", "1")).isZero();
    assertThat(aligned("count", "physical_cpu")).isZero();
    assertThatThrownBy(() -> cpus.allocate(pod("half", "3"))).isInstanceOf(Refused.class);
    assertThat(aligned("failure_count", "physical_cpu")).isOne();
    cpus.allocate(pod("core", "2"));
    assertThat(aligned("count", "physical_cpu")).isOne();
    assertThat(aligned("count", "uncore_cache")).as("one core is of one cache").isOne();
    cpus.allocate(pod("node", "8"));
    assertThat(aligned("count", "physical_cpu")).isEqualTo(2);
    assertThat(aligned("count", "uncore_cache")).as("a whole node is of two caches").isOne();
    assertThat(gauge("cpu_manager_shared_pool_size_millicores")).isEqualTo(4_000);
    assertThat(gauge("cpu_manager_exclusive_cpu_allocation_count")).isEqualTo(10);
    assertThat(gauge("cpu_manager_allocation_per_numa", "numa_node", "0")).isEqualTo(2);
    assertThat(gauge("cpu_manager_allocation_per_numa", "numa_node", "1")).isEqualTo(8);
    cpus.release("node");
    assertThat(gauge("cpu_manager_shared_pool_size_millicores")).isEqualTo(12_000);
    assertThat(gauge("cpu_manager_allocation_per_numa", "numa_node", "1")).isZero();
  }

  @Test
  void halfACoreIsNobodysWhereCoresAreGivenWhole() throws Refused {
    CpuManager cpus =
        manager(CpuManagement.staticPolicy(Option.FULL_PCPUS_ONLY, Option.STRICT_CPU_RESERVATION));
    assertThat(of(cpus, "other", "c")).as("strictly reserved").isEqualTo("1-7,9-15");
    assertThatThrownBy(() -> cpus.allocate(pod("half", "3")))
        .isInstanceOfSatisfying(
            Refused.class, e -> assertThat(e.reason()).isEqualTo("SMTAlignmentError"))
        .hasMessage("SMT Alignment Error: requested 3 cpus not multiple cpus per core = 2");
    cpus.allocate(pod("whole", "4"));
    assertThat(of(cpus, "whole", "c")).isEqualTo("1-2,9-10");
  }

  @Test
  void cpusComeFromTheNodesThatAreNamed() throws Refused {
    CpuManager cpus = manager(STATIC);
    Pod pod = pod("a", container("init", "", "2"), container("c", "", "2"), "");
    TopologyHint second = new TopologyHint(NumaMask.of(Set.of(1)), true);
    cpus.allocate(pod, pod.initContainers().getFirst(), second);
    assertThat(of(cpus, "a", "init")).isEqualTo("4,12");
    assertThat(cpus.hints(pod, pod.containers().getFirst()).get("cpu"))
        .as("what the container before had is had again")
        .contains(second)
        .allMatch(h -> h.nodesOr(NumaMask.NONE).has(1));
    cpus.allocate(pod, pod.containers().getFirst(), second);
    assertThat(of(cpus, "a", "c")).isEqualTo("4,12");
    assertThat(cpus.hints(pod).get("cpu")).contains(second);

    Pod large = pod("b", "8");
    cpus.allocate(large, large.containers().getFirst(), second);
    assertThat(of(cpus, "b", "c"))
        .as("as many as the node has, and the rest from the other")
        .isEqualTo("1,5-7,9,13-15");
    assertThat(cpus.hints(pod("c", "8")).get("cpu")).isEmpty();
    assertThat(cpus.hints(pod("d", "500m"))).isEmpty();
  }

  @Test
  void aLaterKubeletFindsWhatIsHeld() throws Refused {
    manager(STATIC).allocate(pod("a", "2"));
    CpuManager later = manager(STATIC);
    assertThat(of(later, "a", "c")).isEqualTo("1,9");
    assertThat(of(later, "other", "c")).isEqualTo("0,2-8,10-15");
    assertThat(directory.resolve("cpu_manager_state"))
        .content()
        .startsWith(
            "{\"policyName\":\"static\",\"defaultCpuSet\":\"0,2-8,10-15\","
                + "\"entries\":{\"a\":{\"c\":\"1,9\"}},\"checksum\":");
  }

  @Test
  void anotherPolicyAnotherMachineOrADamagedFileNeedsAnAdministrator() throws Exception {
    manager(STATIC).allocate(pod("a", "2"));
    assertThatThrownBy(() -> manager(CpuManagement.NONE))
        .hasMessage(
            "could not restore state from checkpoint: configured policy \"none\" differs from state"
                + " checkpoint policy \"static\", please drain this node and delete the CPU manager"
                + " checkpoint file \""
                + directory.resolve("cpu_manager_state")
                + "\" before restarting Kubelet");
    assertThatThrownBy(() -> manager(CpuManagement.staticPolicy(Option.STRICT_CPU_RESERVATION)))
        .hasMessageContaining(
            "current set of available CPUs \"1-7,9-15\" doesn't match with CPUs in state \"0-15\"");
    damage();
    assertThatThrownBy(() -> manager(STATIC)).hasMessageContaining("checkpoint is corrupted");
  }

  private void damage() throws IOException {
    Path file = directory.resolve("cpu_manager_state");
    Files.writeString(file, Files.readString(file).replace("1,9", "1,8"));
  }

  @Test
  void withoutThePolicyNobodyIsHeldToAnything() throws Refused {
    CpuManager cpus = manager(CpuManagement.NONE);
    cpus.allocate(pod("a", "2"));
    assertThat(of(cpus, "a", "c")).isEmpty();
    assertThat(cpus.allocatable().isEmpty()).isTrue();
    assertThat(directory.resolve("cpu_manager_state")).doesNotExist();
  }
}
