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
}
