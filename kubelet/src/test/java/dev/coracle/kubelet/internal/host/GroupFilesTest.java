package dev.coracle.kubelet.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupFilesTest {
  @TempDir Path at;

  private Path write(String file, String text) throws Exception {
    Path path = at.resolve(file);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, text);
  }

  @Test
  void version2CountsInOneHierarchy() throws Exception {
    write("kubepods/memory.stat", "anon 5\ninactive_file 30\npgfault 7\npgmajfault 1\n");
    write("kubepods/memory.current", "100\n");
    write("kubepods/cpu.stat", "usage_usec 12\nuser_usec 10\n");
    GroupFiles files = GroupFiles.of(List.of("cgroup2 " + at + " cgroup2 rw 0 0"));
    assertThat(files.use("/kubepods").orElseThrow())
        .extracting(
            GroupFiles.Use::cpuNanos,
            GroupFiles.Use::memoryUsage,
            GroupFiles.Use::workingSet,
            GroupFiles.Use::rss,
            GroupFiles.Use::pageFaults,
            GroupFiles.Use::majorPageFaults)
        .containsExactly(12_000L, 100L, 70L, 5L, 7L, 1L);
  }

  @Test
  void version1CountsInTheHierarchyOfEachController() throws Exception {
    write("m/kubepods/memory.stat", "rss 1\ntotal_rss 5\ntotal_inactive_file 300\n");
    write("m/kubepods/memory.usage_in_bytes", "100\n");
    write("c/kubepods/cpuacct.usage", "12\n");
    GroupFiles files =
        GroupFiles.of(
            List.of(
                "cgroup " + at.resolve("m") + " cgroup rw,memory 0 0",
                "cgroup " + at.resolve("c") + " cgroup rw,cpu,cpuacct 0 0",
                "cgroup2 " + at.resolve("u") + " cgroup2 rw 0 0"));
    GroupFiles.Use use = files.use("/kubepods").orElseThrow();
    assertThat(use.cpuNanos()).isEqualTo(12);
    assertThat(use.rss()).isEqualTo(5);
    assertThat(use.workingSet()).isZero();
    assertThat(files.unified()).contains(at.resolve("u"));
  }

  @Test
  void whatIsLeftOfALimitAndSwapAreToldWhereTheKernelKnowsThem() throws Exception {
    write("pod/memory.stat", "anon 5\ninactive_file 30\n");
    write("pod/memory.current", "100\n");
    write("pod/cpu.stat", "usage_usec 12\n");
    GroupFiles files = GroupFiles.of(List.of("cgroup2 " + at + " cgroup2 rw 0 0"));
    assertThat(files.use("/pod").orElseThrow().available()).isNull();
    assertThat(files.use("/pod").orElseThrow().swap()).isNull();
    write("pod/memory.max", "max\n");
    assertThat(files.use("/pod").orElseThrow().available()).isNull();
    write("pod/memory.max", "90\n");
    write("pod/memory.swap.current", "8\n");
    assertThat(files.use("/pod").orElseThrow().available()).isEqualTo(20);
    assertThat(files.use("/pod").orElseThrow().swap()).isEqualTo(8);
    assertThat(files.use("/pod").orElseThrow().swapAvailable()).isNull();
    write("pod/memory.swap.max", "max\n");
    assertThat(files.use("/pod").orElseThrow().swapAvailable()).isNull();
    write("pod/memory.swap.max", "20\n");
    assertThat(files.use("/pod").orElseThrow().swapAvailable()).isEqualTo(12);
    write("pod/memory.swap.max", "0\n");
    assertThat(files.use("/pod").orElseThrow().swapAvailable()).as("lowered since").isZero();
    assertThat(files.use("kubepods-pod.slice")).isEmpty();
  }

  @Test
  void version1HasAVastLimitForNone() throws Exception {
    write("m/pod/memory.stat", "total_inactive_file 30\ntotal_swap 4\n");
    write("m/pod/memory.usage_in_bytes", "100\n");
    write("m/pod/memory.limit_in_bytes", "9223372036854771712\n");
    write("c/pod/cpuacct.usage", "12\n");
    GroupFiles files =
        GroupFiles.of(
            List.of(
                "cgroup " + at.resolve("m") + " cgroup rw,memory 0 0",
                "cgroup " + at.resolve("c") + " cgroup rw,cpuacct 0 0"));
    assertThat(files.use("/pod").orElseThrow().available()).isNull();
    assertThat(files.use("/pod").orElseThrow().swap()).isEqualTo(4);
    write("m/pod/memory.limit_in_bytes", "80\n");
    assertThat(files.use("/pod").orElseThrow().available()).isEqualTo(10);
  }

  @Test
  void aGroupThatIsNotThereUsesNothing() {
    GroupFiles files = GroupFiles.of(List.of("cgroup2 " + at + " cgroup2 rw 0 0"));
    assertThat(files.use("/kubepods")).isEmpty();
    assertThat(files.use("")).isEmpty();
    assertThat(GroupFiles.of(List.of()).use("/kubepods")).isEqualTo(Optional.empty());
  }
}
