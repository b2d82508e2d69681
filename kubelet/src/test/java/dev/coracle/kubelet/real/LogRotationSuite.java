package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.config.ContainerLogOptions;
import dev.coracle.kubelet.config.KubeletOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A container that writes much: its log is rotated and nothing of what is kept is lost. */
abstract class LogRotationSuite extends KubeletOnRuntime {
  private static final int LINES = 5000;
  private static final long MAX_SIZE = 16 << 10;
  private static final int MAX_FILES = 3;

  @Override
  KubeletOptions adjust(KubeletOptions plain) {
    return plain.withConfiguration(
        plain
            .configuration()
            .withContainerLogs(
                new ContainerLogOptions(MAX_SIZE, MAX_FILES, Duration.ofSeconds(1))));
  }

  private static List<Path> files(Path directory) throws IOException {
    try (var list = Files.list(directory)) {
      // 0.log, the newest, comes before its rotated ones by name.
      return new ArrayList<>(new TreeSet<>(list.toList()));
    }
  }

  private static List<Integer> numbers(Path file) throws IOException {
    try (InputStream raw = Files.newInputStream(file);
        InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(l -> Integer.parseInt(l.replaceFirst(".* line ([0-9]+) .*", "$1")))
          .toList();
    }
  }

  @Test
  void aLogIsRotatedCompressedAndAtLastRemoved() throws Exception {
    KubeObject pod =
        create(
            "chatty",
            """
            "containers":[{"name":"c","image":"test.local/busybox:1",
             "imagePullPolicy":"IfNotPresent","command":["/bin/busybox","sh","-c",
             "i=0; while [ $i -lt %d ]; do i=$((i+1)); echo \\"line $i of a log that grows\\"; [ $((i %% 25)) = 0 ] && /bin/busybox usleep 50000; done; exec /bin/busybox sleep 1000"]}]
            """
                .formatted(LINES));
    Path directory = options.podLogsDir().resolve("default_chatty_" + pod.uid()).resolve("c");
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions()
        .untilAsserted(() -> {
          List<Path> all = files(directory);
          assertThat(all).hasSize(MAX_FILES);
          assertThat(Files.size(directory.resolve("0.log"))).isLessThanOrEqualTo(MAX_SIZE);
          List<Integer> last = numbers(directory.resolve("0.log"));
          List<Integer> before = numbers(all.getLast());
          assertThat(last.isEmpty() ? before.getLast() : last.getLast()).isEqualTo(LINES);
        });
    List<Path> all = files(directory);
    assertThat(all.get(0)).hasFileName("0.log");
    assertThat(all.get(1).getFileName().toString()).matches("0\\.log\\.\\d{8}-\\d{6}\\.gz");
    assertThat(all.get(2).getFileName().toString()).matches("0\\.log\\.\\d{8}-\\d{6}");
    List<Integer> kept = new ArrayList<>(numbers(all.get(1)));
    kept.addAll(numbers(all.get(2)));
    kept.addAll(numbers(all.get(0)));
    assertThat(kept.getFirst()).as("the oldest are gone").isGreaterThan(1);
    for (int i = 1; i < kept.size(); i++) {
      assertThat(kept.get(i)).isEqualTo(kept.get(i - 1) + 1);
    }
    delete("chatty");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(directory).doesNotExist());
  }
}
