package dev.coracle.kubelet.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MachineWarningsTest {
  private static final String V1 = "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n";
  private static final String V2 = "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n";

  private static List<String> told(String mounts, long swap, boolean noswap) {
    List<String> told = new ArrayList<>();
    MachineWarnings.tell(
        (type, reason, message) -> told.add(type + " " + reason + ": " + message),
        mounts,
        new SwapSpace(swap, false),
        () -> noswap);
    return told;
  }

  @Test
  void aNewKernelIsNotSpokenOf() {
    assertThat(told(V2, 0, false)).isEmpty();
    assertThat(told(V2, 1 << 30, true)).isEmpty();
  }

  @Test
  void cgroupsOfTheFirstVersionAreToldOf() {
    assertThat(told(V2 + V1, 0, false))
        .containsExactly(
            "Warning CgroupV1: cgroup v1 support is in maintenance mode, please migrate to cgroup"
                + " v2");
  }

  @Test
  void theVersionIsThatByWhichTheMachineCounts() {
    assertThat(Machine.cgroupVersion(V2)).isEqualTo(2);
    assertThat(Machine.cgroupVersion(V2 + V1)).isEqualTo(1);
    assertThat(Machine.cgroupVersion("")).isZero();
  }

  @Test
  void whatIsInMemoryMayComeToDiskWhereSwapCannotBeLeftOut() {
    assertThat(told(V2, 1 << 30, false))
        .containsExactly(
            "Warning PossibleMemoryBackedVolumesOnDisk: The tmpfs noswap option is not supported."
                + " Memory-backed volumes (e.g. secrets, emptyDirs, etc.) might be swapped to disk"
                + " and should no longer be considered secure.");
  }
}
