package dev.coracle.kubelet.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether the kernel limits swap by cgroup. */
class SwapSpaceTest {
  private static final String V1 = "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n";
  private static final String V2 = "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n";

  @TempDir private Path root;

  @Test
  void itDoesWhereTheOneHierarchyHasAFileForIt() throws Exception {
    String own = "0::/system.slice/coracle.service";
    Path group = root.resolve("sys/fs/cgroup/system.slice/coracle.service");
    Files.createDirectories(group);
    assertThat(SwapSpace.isLimitable(V2, own, root)).as("without accounting").isFalse();
    Files.createFile(group.resolve("memory.swap.max"));
    assertThat(SwapSpace.isLimitable(V2, own, root)).isTrue();
    assertThat(SwapSpace.isLimitable(V1, "4:memory:/x\n" + own, root)).isFalse();
    assertThat(SwapSpace.isLimitable("", "", root)).isFalse();
  }
}
