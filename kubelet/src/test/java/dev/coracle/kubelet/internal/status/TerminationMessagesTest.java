package dev.coracle.kubelet.internal.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How much of containers' last words is told. */
class TerminationMessagesTest {
  @TempDir private Path root;

  private String told(int containers, String said) throws IOException {
    PodPaths paths = new PodPaths(root, root.resolve("logs"));
    String names =
        IntStream.range(0, containers)
            .mapToObj(i -> "{\"name\":\"c" + i + "\"}")
            .collect(Collectors.joining(","));
    Pod pod =
        new Pod(
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"d","uid":"u"},
                 "spec":{"initContainers":[{"name":"i"}],"containers":[%s]}}
                """
                    .formatted(names)));
    Path file = paths.terminationLog("u", "c0", 0);
    Files.createDirectories(file.getParent());
    Files.writeString(file, said);
    ContainerState ended =
        new ContainerState(
            "id",
            "c0",
            "s",
            ContainerState.State.EXITED,
            1,
            1,
            1,
            2,
            1,
            "",
            "",
            "i",
            "ref",
            0,
            "",
            "",
            "/dev/termination-log",
            "File",
            Optional.empty(),
            "",
            Optional.empty());
    return new TerminationMessages(paths).of(pod, ended);
  }

  @Test
  void theEndOfWhatOneSays() throws IOException {
    assertThat(told(1, "first " + "x".repeat(4096))).isEqualTo("x".repeat(4096));
  }

  @Test
  void allOfAPodShareWhatThereIs() throws IOException {
    assertThat(told(11, "y".repeat(5000))).as("a twelfth").isEqualTo("y".repeat(1024));
    String wide = told(6, "ü".repeat(2048));
    assertThat(wide).as("whole characters").isEqualTo("ü".repeat(877));
    assertThat(wide.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo((12 << 10) / 7);
  }
}
