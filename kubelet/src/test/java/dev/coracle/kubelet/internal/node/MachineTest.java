package dev.coracle.kubelet.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read of the machine. */
class MachineTest {
  @TempDir private Path sizes;

  private void pages(String size, String count) throws IOException {
    Path dir = Files.createDirectories(sizes.resolve(size));
    Files.writeString(dir.resolve("nr_hugepages"), count + "\n");
  }

  @Test
  void hugePagesAreCountedBySize() throws IOException {
    pages("hugepages-2048kB", "16");
    pages("hugepages-1048576kB", "2");
    pages("hugepages-64kB", "0");
    Files.createDirectories(sizes.resolve("other"));
    assertThat(Machine.hugePages(sizes))
        .isEqualTo(
            Map.of("hugepages-2Mi", 32L << 20, "hugepages-1Gi", 2L << 30, "hugepages-64Ki", 0L));
    assertThat(Machine.hugePages(sizes.resolve("none"))).isEmpty();
  }

  @Test
  void tasksAreAsManyAsTheSmallerSettingSays() throws IOException {
    Files.writeString(sizes.resolve("pid_max"), "4194304\n");
    assertThat(Machine.mostProcessIds(sizes)).hasValue(4_194_304);
    Files.writeString(sizes.resolve("threads-max"), "31000\n");
    assertThat(Machine.mostProcessIds(sizes)).hasValue(31_000);
    assertThat(Machine.mostProcessIds(sizes.resolve("none"))).isEmpty();
  }

  /** No kernel has less than 301; read byte by byte, it seemed to have 3. */
  @Test
  void aNumberOfTheKernelsIsReadAsAWhole() {
    assertThat(Machine.mostProcessIds().orElse(301)).isGreaterThanOrEqualTo(301);
    Machine.processIds()
        .ifPresent(ids -> assertThat(ids.most()).isGreaterThanOrEqualTo(ids.used()));
  }
}
