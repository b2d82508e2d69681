package dev.coracle.kubelet.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.config.CgroupOptions;
import dev.coracle.kubelet.internal.pod.Pod;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What a pod's cgroup is held to, by what its containers ask for. */
class PodLimitsTest {

  private static PodLimits limits(String initContainers, String containers) {
    return limits(initContainers, containers, CgroupOptions.DEFAULT);
  }

  private static PodLimits limits(String initContainers, String containers, CgroupOptions options) {
    return PodLimits.of(
        new Pod(
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"u"},
                 "spec":{"initContainers":[%s],"containers":[%s]}}
                """
                    .formatted(initContainers, containers))),
        options);
  }

  private static String container(String name, String more, String amounts) {
    return "{\"name\":\"%s\",%s\"resources\":{\"requests\":{%s},\"limits\":{%s}}}"
        .formatted(name, more, amounts, amounts);
  }

  private static String memory(String name, String more, String amount) {
    return container(name, more, amount.isEmpty() ? "" : "\"memory\":\"" + amount + "\"");
  }

  private static final String SIDECAR = "\"restartPolicy\":\"Always\",";

  private static OptionalLong mib(long amount) {
    return OptionalLong.of(amount << 20);
  }

  @Test
  void aPodWithCpusAloneHasNoQuotaOverAll() {
    CgroupOptions alone =
        new CgroupOptions(
            Optional.empty(),
            0,
            true,
            Duration.ofMillis(100),
            CgroupOptions.Swap.NO_SWAP,
            true,
            Optional.empty());
    String cpus = "\"cpu\":\"%s\",\"memory\":\"1Mi\"";
    String whole = container("a", "", cpus.formatted("2"));
    String part = container("b", "", cpus.formatted("500m"));
    assertThat(limits("", whole + "," + part, alone).cpuQuota()).isEmpty();
    assertThat(limits("", part, alone).cpuQuota()).hasValue(50_000);
    assertThat(limits("", whole + "," + part).cpuQuota()).hasValue(250_000);
  }

  @Test
  void whatRunsAtTheSameTimeCountsTogether() {
    String app = memory("app", "", "50Mi");
    assertThat(limits("", app + "," + memory("b", "", "20Mi")).memory()).isEqualTo(mib(70));
    assertThat(limits(memory("init", "", "200Mi"), app).memory()).isEqualTo(mib(200));
    assertThat(limits(memory("init", "", "20Mi"), app).memory()).isEqualTo(mib(50));
    assertThat(limits(memory("side", SIDECAR, "100Mi"), app).memory()).isEqualTo(mib(150));
  }

  /** The sidecar runs while the init container that comes after it does. */
  @Test
  void anInitContainerAfterASidecarRunsBesideIt() {
    String app = memory("app", "", "50Mi");
    String side = memory("side", SIDECAR, "100Mi");
    String init = memory("init", "", "200Mi");
    assertThat(limits(side + "," + init, app).memory()).isEqualTo(mib(300));
    assertThat(limits(init + "," + side, app).memory()).isEqualTo(mib(200));
  }

  /**
   * Upstream counts init containers here too: one of them without a limit may have what it wants.
   */
  @Test
  void oneWithoutALimitMakesThePodUnlimited() {
    String app = memory("app", "", "50Mi");
    assertThat(limits("", app + "," + memory("b", "", "")).memory()).isEmpty();
    assertThat(limits(memory("init", "", ""), app).memory()).isEmpty();
    assertThat(limits(memory("side", SIDECAR, ""), app).memory()).isEmpty();
  }

  @Test
  void hugePagesAreCountedBySize() {
    assertThat(
            limits(
                    "",
                    container("a", "", "\"hugepages-2Mi\":\"4Mi\",\"memory\":\"1Mi\"")
                        + ","
                        + container("b", "", "\"hugepages-2Mi\":\"2Mi\",\"hugepages-1Gi\":\"1Gi\""))
                .hugePages())
        .isEqualTo(Map.of("2MB", 6L << 20, "1GB", 1L << 30));
  }
}
