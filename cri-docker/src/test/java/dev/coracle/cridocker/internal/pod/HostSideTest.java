package dev.coracle.cridocker.internal.pod;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class HostSideTest {
  @Test
  void theCgroupOfVersionOneIsThatForMemory() {
    assertThat(
            HostSide.cgroup(
                List.of("5:cpuset:/a", "4:cpu,cpuacct:/b", "3:hugetlb,memory:/c/d", "0::/e")))
        .contains("/c/d");
  }

  @Test
  void theCgroupOfVersionTwoIsTheOnlyOne() {
    assertThat(HostSide.cgroup(List.of("0::/system.slice/docker-1.scope")))
        .contains("/system.slice/docker-1.scope");
  }

  @Test
  void aProcessThatIsGoneHasNone() {
    assertThat(HostSide.cgroup(Integer.MAX_VALUE)).isEmpty();
  }
}
