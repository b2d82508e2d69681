package dev.coracle.kubelet.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.cri.v1.HugepageLimit;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.kubelet.config.CgroupOptions;
import dev.coracle.kubelet.internal.node.SwapSpace;
import dev.coracle.kubelet.internal.pod.Pod;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the runtime is told to hold a container to. */
class LinuxResourcesTest {

  private static final long MEMORY = 1L << 30;

  private static List<HugepageLimit> hugePages(String limits) {
    Pod pod =
        new Pod(
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"u"},
                 "spec":{"resources":{"limits":{"hugepages-2Mi":"8Mi"}},
                  "containers":[{"name":"c","resources":{"limits":{%s}}}]}}
                """
                    .formatted(limits)));
    return LinuxResources.of(pod, pod.containers().getFirst(), plain(CgroupOptions.DEFAULT))
        .getHugepageLimitsList();
  }

  private static NodeLimits plain(CgroupOptions options) {
    return new NodeLimits(MEMORY, SwapSpace.NONE, options, 1);
  }

  private static LinuxContainerResources of(String more, String resources, NodeLimits node) {
    Pod pod =
        new Pod(
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"u"},
                 "spec":{%s"containers":[{"name":"c","resources":{%s}}]}}
                """
                    .formatted(more, resources)));
    return LinuxResources.of(pod, pod.containers().getFirst(), node);
  }

  private static CgroupOptions options(boolean quota, Duration period, CgroupOptions.Swap swap) {
    return new CgroupOptions(Optional.empty(), 0, quota, period, swap, false, Optional.empty());
  }

  /** It cannot use more than the CPUs it has, and a quota would hold it up on those (KEP-5029). */
  @ParameterizedTest
  @CsvSource({"2, 0", "2500m, 250000"})
  void whatHasWholeCpusAloneHasNoQuota(String cpu, long quota) {
    CgroupOptions alone =
        new CgroupOptions(
            Optional.empty(),
            0,
            true,
            Duration.ofMillis(100),
            CgroupOptions.Swap.NO_SWAP,
            true,
            Optional.empty());
    String amounts = "{\"cpu\":\"" + cpu + "\",\"memory\":\"1Mi\"}";
    String resources = "\"requests\":" + amounts + ",\"limits\":" + amounts;
    assertThat(of("", resources, plain(alone)).getCpuQuota()).isEqualTo(quota);
    assertThat(of("", resources, plain(CgroupOptions.DEFAULT)).getCpuQuota()).isPositive();
  }

  @Test
  void aLimitOfCpuIsAQuotaOfThePeriodAndNoneWhereNoneIsEnforced() {
    String half = "\"limits\":{\"cpu\":\"500m\"}";
    LinuxContainerResources plain = of("", half, plain(CgroupOptions.DEFAULT));
    assertThat(plain.getCpuPeriod()).isEqualTo(100_000);
    assertThat(plain.getCpuQuota()).isEqualTo(50_000);
    LinuxContainerResources shorter =
        of("", half, plain(options(true, Duration.ofMillis(20), CgroupOptions.Swap.NO_SWAP)));
    assertThat(shorter.getCpuPeriod()).isEqualTo(20_000);
    assertThat(shorter.getCpuQuota()).isEqualTo(10_000);
    LinuxContainerResources none =
        of("", half, plain(options(false, Duration.ofMillis(100), CgroupOptions.Swap.NO_SWAP)));
    assertThat(none.getCpuQuota()).isZero();
    assertThat(none.getCpuShares()).as("its weight stays").isEqualTo(512);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NO_SWAP | '' | \"requests\":{\"memory\":\"256Mi\"} | 0",
        "LIMITED_SWAP | '' | \"requests\":{\"memory\":\"256Mi\"} | 536870912",
        "LIMITED_SWAP | '' | \"requests\":{\"memory\":\"256Mi\"},\"limits\":{\"memory\":\"512Mi\"}"
            + " | 536870912",
        "LIMITED_SWAP | '' | \"requests\":{\"cpu\":\"1\"} | 0",
        "LIMITED_SWAP | '' | \"requests\":{\"cpu\":\"1\",\"memory\":\"1Mi\"},\"limits\":{\"memory\":\"1Mi\"}"
            + " | 0",
        "LIMITED_SWAP | '' | '' | 0",
        "LIMITED_SWAP | \"priority\":2000000000, | \"requests\":{\"memory\":\"256Mi\"} | 0",
      })
  void whatAContainerMaySwapIsItsShareOfTheMemory(
      CgroupOptions.Swap swap, String more, String resources, String bytes) {
    CgroupOptions chosen = options(true, Duration.ofMillis(100), swap);
    LinuxContainerResources told =
        of(more, resources, new NodeLimits(MEMORY, new SwapSpace(2L << 30, true), chosen, 1));
    assertThat(told.getUnifiedMap()).isEqualTo(Map.of("memory.swap.max", bytes));
    assertThat(told.getMemorySwapLimitInBytes())
        .as("memory and swap together, of version 1")
        .isEqualTo(bytes.equals("0") ? told.getMemoryLimitInBytes() : 0);
    assertThat(
            of(more, resources, new NodeLimits(MEMORY, new SwapSpace(2L << 30, false), chosen, 1)))
        .as("where the kernel does not limit swap")
        .satisfies(r -> assertThat(r.getUnifiedMap()).isEmpty())
        .satisfies(
            r -> assertThat(r.getMemorySwapLimitInBytes()).isEqualTo(r.getMemoryLimitInBytes()));
  }

  /**
   * On cgroup v2, as upstream has it since 1.28; one process alone is killed where that is said.
   */
  @ParameterizedTest
  @CsvSource({"2, , true", "2, false, true", "2, true, false", "1, , false", "0, , false"})
  void aContainerWithoutMemoryLosesAllItsProcesses(int version, Boolean single, boolean whole) {
    CgroupOptions chosen =
        new CgroupOptions(
            Optional.empty(),
            0,
            true,
            Duration.ofMillis(100),
            CgroupOptions.Swap.NO_SWAP,
            false,
            Optional.ofNullable(single));
    assertThat(of("", "", new NodeLimits(MEMORY, SwapSpace.NONE, chosen, version)).getUnifiedMap())
        .isEqualTo(whole ? Map.of("memory.oom.group", "1") : Map.of());
  }

  private static HugepageLimit limit(String size, long bytes) {
    return HugepageLimit.newBuilder().setPageSize(size).setLimit(bytes).build();
  }

  @Test
  void aContainerWithoutHugePagesOfItsOwnMayUseThoseOfItsPod() {
    assertThat(hugePages("")).containsExactly(limit("2MB", 8L << 20));
    assertThat(hugePages("\"hugepages-2Mi\":\"4Mi\"")).containsExactly(limit("2MB", 4L << 20));
    assertThat(hugePages("\"hugepages-1Gi\":\"1Gi\""))
        .containsExactly(limit("1GB", 1L << 30), limit("2MB", 8L << 20));
  }
}
