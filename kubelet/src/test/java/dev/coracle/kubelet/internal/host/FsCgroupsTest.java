package dev.coracle.kubelet.internal.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.CgroupOptions;
import dev.coracle.kubelet.internal.pod.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written where, in directories that look like the kernel's. */
class FsCgroupsTest {
  private static final GroupLimits LIMITS =
      GroupLimits.of(
          Map.of(
              "cpu", Quantity.parse("1500m"),
              "memory", Quantity.parse("2Gi"),
              "pid", Quantity.parse("1000"),
              "hugepages-2Mi", Quantity.parse("8Mi")));

  @TempDir private Path at;

  private void files(String dir, String... names) throws IOException {
    Path made = Files.createDirectories(at.resolve(dir));
    for (String name : names) {
      Files.createFile(made.resolve(name));
    }
  }

  private String read(String path) throws IOException {
    return Files.readString(Path.of(at.toString(), path));
  }

  private String mount(String dir, String type, String controllers) {
    return "cgroup " + at.resolve(dir) + " " + type + " rw,relatime" + controllers + " 0 0";
  }

  private Cgroups version1() throws IOException {
    return version1(true, CgroupOptions.DEFAULT);
  }

  private Cgroups version1(boolean own, CgroupOptions options) throws IOException {
    files("cpu/c/kubepods", "cpu.shares");
    files("cpu/c", "cpu.shares");
    files("memory/c/kubepods", "memory.limit_in_bytes");
    files("pids/c/kubepods", "pids.max");
    files("hugetlb/c/kubepods", "hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.rsvd.limit_in_bytes");
    files("freezer/c/kubepods");
    return FsCgroups.detect(
        "c",
        own,
        options,
        List.of(
            mount("cpu", "cgroup", ",cpu"),
            mount("memory", "cgroup", ",memory"),
            mount("pids", "cgroup", ",pids"),
            mount("hugetlb", "cgroup", ",hugetlb"),
            mount("freezer", "cgroup", ",freezer")));
  }

  private Cgroups version2(CgroupOptions options) throws IOException {
    return FsCgroups.detect("c", true, options, List.of(mount("", "cgroup2", "")));
  }

  @Test
  void podsAreLimitedTogetherInEachHierarchyOfVersion1() throws IOException {
    version1().limitPods(LIMITS);
    assertThat(read("cpu/c/kubepods/cpu.shares")).isEqualTo("1536");
    assertThat(read("cpu/c/cpu.shares")).as("what stands beside the machine").isEqualTo("1536");
    assertThat(read("memory/c/kubepods/memory.limit_in_bytes")).isEqualTo("2147483648");
    assertThat(read("pids/c/kubepods/pids.max")).isEqualTo("1000");
    assertThat(read("hugetlb/c/kubepods/hugetlb.2MB.limit_in_bytes")).isEqualTo("8388608");
    assertThat(read("hugetlb/c/kubepods/hugetlb.2MB.rsvd.limit_in_bytes")).isEqualTo("8388608");
  }

  @Test
  void podsAreLimitedTogetherInTheOneHierarchyOfVersion2() throws IOException {
    files("c", "cpu.weight");
    files("c/kubepods", "cpu.weight", "memory.max", "pids.max", "hugetlb.2MB.max");
    version2(CgroupOptions.DEFAULT).limitPods(LIMITS);
    assertThat(read("c/cpu.weight")).isEqualTo("59");
    assertThat(read("c/kubepods/cpu.weight")).isEqualTo("59");
    assertThat(read("c/kubepods/memory.max")).isEqualTo("2147483648");
    assertThat(read("c/kubepods/pids.max")).isEqualTo("1000");
    assertThat(read("c/kubepods/hugetlb.2MB.max")).isEqualTo("8388608");
  }

  @Test
  void aCgroupOfTheMachineIsLimitedWhereThereIsOne() throws IOException {
    Cgroups cgroups = version1();
    files("memory/system", "memory.limit_in_bytes");
    cgroups.limit("/system/", GroupLimits.of(Map.of("memory", Quantity.parse("1Gi"))));
    assertThat(read("memory/system/memory.limit_in_bytes")).isEqualTo("1073741824");
    assertThatThrownBy(() -> cgroups.limit("/none", LIMITS))
        .isInstanceOf(IOException.class)
        .hasMessage("\"/none\" cgroup does not exist");
    assertThatThrownBy(() -> cgroups.limit("/", LIMITS)).hasMessageContaining("does not exist");
  }

  private static Pod huge() {
    String amounts = "{\"memory\":\"1Mi\",\"hugepages-2Mi\":\"4Mi\"}";
    return new Pod(
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"u"},
             "spec":{"containers":[{"name":"c","resources":{"requests":%s,"limits":%s}}]}}
            """
                .formatted(amounts, amounts)));
  }

  @Test
  void aPodHasTheHugePagesItAsksForAndNoOthers() throws IOException {
    String pod = "/c/kubepods/burstable/podu";
    Cgroups first = version1();
    files(
        "hugetlb" + pod,
        "hugetlb.2MB.limit_in_bytes",
        "hugetlb.2MB.rsvd.limit_in_bytes",
        "hugetlb.1GB.limit_in_bytes",
        "hugetlb.1GB.usage_in_bytes");
    first.ensure(huge());
    assertThat(read("hugetlb" + pod + "/hugetlb.2MB.limit_in_bytes")).isEqualTo("4194304");
    assertThat(read("hugetlb" + pod + "/hugetlb.2MB.rsvd.limit_in_bytes")).isEqualTo("4194304");
    assertThat(read("hugetlb" + pod + "/hugetlb.1GB.limit_in_bytes")).isEqualTo("0");
    assertThat(read("hugetlb" + pod + "/hugetlb.1GB.usage_in_bytes")).isEmpty();

    for (String dir : List.of("", "c", "c/kubepods", "c/kubepods/burstable", pod.substring(1))) {
      files(dir, "cgroup.controllers");
    }
    files(pod.substring(1), "hugetlb.2MB.max", "hugetlb.2MB.current", "hugetlb.1GB.max");
    version2(CgroupOptions.DEFAULT).ensure(huge());
    assertThat(read(pod + "/hugetlb.2MB.max")).isEqualTo("4194304");
    assertThat(read(pod + "/hugetlb.1GB.max")).isEqualTo("0");
  }

  private static Pod limited() {
    return new Pod(
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"u"},
             "spec":{"containers":[{"name":"c","resources":
               {"requests":{"cpu":"500m","memory":"1Mi"},"limits":{"cpu":"500m","memory":"1Mi"}}}]}}
            """));
  }

  private static CgroupOptions options(long pids, boolean quota, Duration period) {
    return new CgroupOptions(
        Optional.empty(), pids, quota, period, CgroupOptions.Swap.NO_SWAP, false, Optional.empty());
  }

  @Test
  void aPodHasNoMoreProcessIdsThanTheNodeGivesEach() throws IOException {
    String pod = "/c/kubepods/podu";
    CgroupOptions chosen = options(64, true, Duration.ofMillis(100));
    files("pids" + pod, "pids.max");
    version1(true, chosen).ensure(limited());
    assertThat(read("pids" + pod + "/pids.max")).isEqualTo("64");

    for (String dir : List.of("", "c", "c/kubepods", pod.substring(1))) {
      files(dir, "cgroup.controllers");
    }
    files(pod.substring(1), "pids.max");
    version2(CgroupOptions.DEFAULT).ensure(limited());
    assertThat(read(pod + "/pids.max")).as("as many as there are").isEmpty();
    version2(chosen).ensure(limited());
    assertThat(read(pod + "/pids.max")).isEqualTo("64");
  }

  @Test
  void aPodsQuotaIsOfThePeriodAndNoneWhereNoneIsEnforced() throws IOException {
    String pod = "/c/kubepods/podu";
    for (String dir : List.of("", "c", "c/kubepods", pod.substring(1))) {
      files(dir, "cgroup.controllers");
    }
    files(pod.substring(1), "cpu.max");
    version2(options(0, true, Duration.ofMillis(10))).ensure(limited());
    assertThat(read(pod + "/cpu.max")).isEqualTo("5000 10000");
    version2(options(0, false, Duration.ofMillis(100))).ensure(limited());
    assertThat(read(pod + "/cpu.max")).isEqualTo("max 100000");
  }

  @Test
  void aCgroupThatIsSomebodyElsesHasToBeThere() {
    assertThatThrownBy(() -> FsCgroups.below("coracle-no-such", false, CgroupOptions.DEFAULT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "invalid configuration: cgroup-root \"/coracle-no-such\" doesn't exist (cgroupRoot)");
  }

  @Test
  void aCgroupThatIsSomebodyElsesIsNeitherWeighedNorRemoved() throws IOException {
    Cgroups cgroups = version1(false, CgroupOptions.DEFAULT);
    cgroups.limitPods(LIMITS);
    assertThat(read("cpu/c/cpu.shares")).isEmpty();
    assertThat(read("cpu/c/kubepods/cpu.shares")).isEqualTo("1536");
    Files.createDirectories(at.resolve("pids/c/kubepods/poda"));
    Files.createDirectories(at.resolve("pids/c/other"));
    cgroups.removeAll();
    assertThat(at.resolve("pids/c/kubepods/poda")).doesNotExist();
    assertThat(at.resolve("pids/c/other")).exists();
  }
}
