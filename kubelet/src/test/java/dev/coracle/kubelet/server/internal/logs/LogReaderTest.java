package dev.coracle.kubelet.server.internal.logs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class LogReaderTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:01:00Z");

  @TempDir Path directory;
  private Path log;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ContainerLogStreams streams = new ContainerLogStreams();

  @BeforeEach
  void name() {
    log = directory.resolve("0.log");
  }

  private static String line(int second, String tag, String text) {
    return "2026-01-01T00:00:%02d.000000001Z stdout %s %s\n".formatted(second, tag, text);
  }

  private void append(String text) throws IOException {
    Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static LogOptions options(String... pairs) {
    Map<String, String> query = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      query.put(pairs[i], pairs[i + 1]);
    }
    return LogOptions.parse(query::get, NOW);
  }

  private String read(String... query) throws Exception {
    streams
        .start(log, options(query), bytes -> out.writeBytes(bytes))
        .done()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
    return out.toString(UTF_8);
  }

  @Test
  void partialLinesAreJoined() throws Exception {
    append(
        line(1, "P", "one ") + line(1, "P", "and ") + line(1, "F", "a half") + line(2, "F", "two"));
    assertThat(read()).isEqualTo("one and a half\ntwo\n");
  }

  @Test
  void timestampsHaveNineDigitsAndStandOncePerLine() throws Exception {
    append("2026-01-01T01:00:01.5+01:00 stdout P a\n" + line(1, "F", "b") + line(2, "F", ""));
    assertThat(read("timestamps", "true"))
        .isEqualTo("2026-01-01T00:00:01.500000000Z ab\n2026-01-01T00:00:02.000000001Z \n");
  }

  @Test
  void sinceSkipsWhatIsOlder() throws Exception {
    append(line(10, "F", "old") + line(50, "F", "new"));
    assertThat(read("sinceSeconds", "30")).isEqualTo("new\n");
  }

  @Test
  void oneStreamOnly() throws Exception {
    append(line(1, "F", "out") + "2026-01-01T00:00:01Z stderr F err\n");
    assertThat(read("stream", "Stderr")).isEqualTo("err\n");
  }

  @Test
  void theByteLimitCutsInsideALine() throws Exception {
    append(line(1, "F", "12345") + line(2, "F", "67890"));
    assertThat(read("limitBytes", "8")).isEqualTo("12345\n67");
  }

  @Test
  void linesThatAreNoLogAreLeftOut() throws Exception {
    append("garbage\n" + line(1, "F", "fine") + "2026-01-01T00:00:01Z nowhere F x\n");
    assertThat(read()).isEqualTo("fine\n");
  }

  @Test
  void tailCountsFromTheEndThroughRotatedFiles() throws Exception {
    try (OutputStream gz =
        new GZIPOutputStream(
            Files.newOutputStream(directory.resolve("0.log.20260101-000001.gz")))) {
      gz.write((line(1, "F", "1") + line(1, "F", "2") + line(1, "F", "3")).getBytes(UTF_8));
    }
    Files.writeString(
        directory.resolve("0.log.20260101-000002"), line(2, "F", "4") + line(2, "F", "5"));
    append(line(3, "F", "6"));
    assertThat(read("tailLines", "4")).isEqualTo("3\n4\n5\n6\n");
    out.reset();
    assertThat(read("tailLines", "1")).isEqualTo("6\n");
    out.reset();
    assertThat(read("tailLines", "0")).isEmpty();
    assertThat(read()).isEqualTo("1\n2\n3\n4\n5\n6\n");
  }

  @Test
  void tailOfManyLinesWithoutReadingThemAll() throws Exception {
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      many.append(line(1, "F", "line " + i));
    }
    append(many.toString());
    assertThat(read("tailLines", "2")).isEqualTo("line 19998\nline 19999\n");
  }

  @Test
  void followingSeesAppendsAndARotationAndStopsAtTheContainersEnd() throws Exception {
    append(line(1, "F", "one"));
    ContainerLogStreams.Session session =
        streams.start(log, options("follow", "true"), bytes -> out.writeBytes(bytes));
    await().until(() -> out.toString(UTF_8).equals("one\n"));
    append(line(2, "F", "two") + "2026-01-01T00:00:03Z stdout F unfin");
    await().until(() -> out.toString(UTF_8).endsWith("two\n"));
    append("ished\n");
    await().until(() -> out.toString(UTF_8).endsWith("unfinished\n"));
    Files.move(log, directory.resolve("0.log.20260101-000001"));
    append(line(4, "F", "after rotation"));
    await().until(() -> out.toString(UTF_8).endsWith("after rotation\n"));
    append(line(5, "F", "last"));
    session.containerEnded();
    session.done().toCompletableFuture().get(20, TimeUnit.SECONDS);
    assertThat(out.toString(UTF_8)).isEqualTo("one\ntwo\nunfinished\nafter rotation\nlast\n");
    assertThat(streams.running()).isZero();
  }

  @Test
  void followingWaitsForAFileThatIsNotThereYet() throws Exception {
    ContainerLogStreams.Session session =
        streams.start(log, options("follow", "true"), bytes -> out.writeBytes(bytes));
    append(line(1, "F", "here"));
    await().until(() -> out.toString(UTF_8).equals("here\n"));
    session.cancel();
    await().atMost(Duration.ofSeconds(20)).until(() -> streams.running() == 0);
  }

  @Test
  void wrongOptionsAreRefused() {
    assertThatThrownBy(() -> options("tailLines", "-5"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> options("limitBytes", "0"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> options("sinceSeconds", "1", "sinceTime", "2026-01-01T00:00:00Z"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> options("sinceTime", "yesterday"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
