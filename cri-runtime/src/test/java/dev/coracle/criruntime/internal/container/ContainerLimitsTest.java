package dev.coracle.criruntime.internal.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.cri.v1.HugepageLimit;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.criruntime.internal.cgroup.CgroupHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits as they are written, in directories that look like the kernel's. */
class ContainerLimitsTest {
  @TempDir private Path at;

  private static LinuxContainerResources pages(String size, long bytes) {
    return LinuxContainerResources.newBuilder()
        .addHugepageLimits(HugepageLimit.newBuilder().setPageSize(size).setLimit(bytes))
        .build();
  }

  private void files(String dir, String... names) throws IOException {
    Path made = Files.createDirectories(at.resolve(dir));
    for (String name : names) {
      Files.createFile(made.resolve(name));
    }
  }

  private String read(String path) throws IOException {
    return Files.readString(at.resolve(path));
  }

  @Test
  void hugePagesAreLimitedInVersion1() throws IOException {
    files("hugetlb/c", "hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.rsvd.limit_in_bytes");
    CgroupHost host =
        new CgroupHost(
            Map.of("memory", at.resolve("memory"), "hugetlb", at.resolve("hugetlb")),
            Optional.empty(),
            List.of());
    assertThat(host.limitsHugePages()).isTrue();
    ContainerLimits.of(pages("2MB", 4L << 20)).apply(host.group("/c"));
    assertThat(read("hugetlb/c/hugetlb.2MB.limit_in_bytes")).isEqualTo("4194304");
    assertThat(read("hugetlb/c/hugetlb.2MB.rsvd.limit_in_bytes")).isEqualTo("4194304");
  }

  @Test
  void hugePagesAreLimitedInVersion2() throws IOException {
    files("c", "hugetlb.2MB.max");
    Files.writeString(at.resolve("cgroup.controllers"), "cpu memory hugetlb pids\n");
    CgroupHost host = new CgroupHost(Map.of(), Optional.of(at), List.of());
    assertThat(host.limitsHugePages()).isTrue();
    ContainerLimits.of(pages("2MB", 4L << 20)).apply(host.group("/c"));
    assertThat(read("c/hugetlb.2MB.max")).isEqualTo("4194304");
  }

  /** As on a hybrid host, whose version 2 has only what version 1 has left. */
  @Test
  void whereHugePagesCannotBeLimitedNothingIsWritten() throws IOException {
    files("unified/c");
    files("memory/c");
    CgroupHost host =
        new CgroupHost(
            Map.of("memory", at.resolve("memory")), Optional.of(at.resolve("unified")), List.of());
    assertThat(host.limitsHugePages()).isFalse();
    ContainerLimits.of(pages("2MB", 4L << 20)).apply(host.group("/c"));
    assertThat(at.resolve("unified/c")).isEmptyDirectory();
  }

  @Test
  void aSizeThatIsNoneIsRefused() {
    CgroupHost host = new CgroupHost(Map.of(), Optional.of(at), List.of());
    assertThatThrownBy(() -> ContainerLimits.of(pages("../2MB", 0)).apply(host.group("/c")))
        .isInstanceOf(IOException.class)
        .hasMessage("not a size of huge pages: ../2MB");
  }

  @Test
  void newLimitsOfHugePagesTakeThePlaceOfTheOldOnes() {
    LinuxContainerResources old = pages("2MB", 4L << 20).toBuilder().setCpuShares(10).build();
    assertThat(ContainerLimits.merge(old, pages("2MB", 2L << 20)))
        .isEqualTo(pages("2MB", 2L << 20).toBuilder().setCpuShares(10).build());
    assertThat(ContainerLimits.merge(old, LinuxContainerResources.getDefaultInstance()))
        .isEqualTo(old);
  }
}
