package dev.coracle.criruntime.internal.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CgroupHostTest {
  private static final String V2 =
      "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";
  private static final String UNIFIED =
      "45 23 0:40 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw";
  private static final String CPU =
      "31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct";
  private static final String MEMORY =
      "32 23 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory";
  private static final String SYSTEMD =
      "33 23 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd";

  @Test
  void tellsKindsApart() {
    assertThat(CgroupHost.parse(List.of(V2)).kind()).isEqualTo("v2");
    assertThat(CgroupHost.parse(List.of(CPU, MEMORY, SYSTEMD)).kind()).isEqualTo("v1");
    assertThat(CgroupHost.parse(List.of(CPU, MEMORY, UNIFIED)).kind()).isEqualTo("hybrid");
    assertThat(CgroupHost.parse(List.of()).kind()).isEqualTo("none");
  }

  @Test
  void findsControllers() {
    CgroupHost host = CgroupHost.parse(List.of(CPU, MEMORY, SYSTEMD));
    assertThat(host.controllers().keySet()).containsExactlyInAnyOrder("cpu", "cpuacct", "memory");
    assertThat(host.named()).containsExactly(Path.of("/sys/fs/cgroup/systemd"));
    assertThat(host.group("a/b").directory("cpu"))
        .isEqualTo(Path.of("/sys/fs/cgroup/cpu,cpuacct/a/b"));
  }

  @Test
  void convertsShares() {
    assertThat(CgroupLimits.weight(2)).isEqualTo(1);
    assertThat(CgroupLimits.weight(1024)).isEqualTo(39);
    assertThat(CgroupLimits.weight(262144)).isEqualTo(10000);
  }

  @Test
  void readsKeyedFiles() {
    List<String> lines = List.of("oom_kill_disable 0", "under_oom 0", "oom_kill 3");
    assertThat(CgroupFiles.keyed(lines, "oom_kill")).isEqualTo(3);
    assertThat(CgroupFiles.keyed(lines, "absent")).isZero();
  }
}
