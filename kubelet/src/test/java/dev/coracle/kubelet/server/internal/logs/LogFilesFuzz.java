package dev.coracle.kubelet.server.internal.logs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A container's log in three files: one compressed, one rotated, one being written. */
class LogFilesFuzz {

  private static final String LOG =
      """
      2026-01-02T03:04:05.123456789Z stdout F hello
      2026-01-02T03:04:05.1+02:00 stderr P part
      2026-01-02T03:04:05.1+02:00 stderr F s
      2026-01-02T03:04:07Z stdout F b
      """;

  @TempDir Path directory;

  @FuzzTest(maxDuration = "60s")
  void files(byte[] input) throws Exception {
    read(input);
  }

  @Test
  void changedLogs() throws InterruptedException {
    new Fuzzer()
        .seeds(LOG, "\n\n", "")
        .words("\n", " ", " F ", " P ", "stdout", "+19:00", "Z")
        .percent(20)
        .run(this::read);
  }

  /** The bytes of the compressed file itself are changed. */
  @Test
  void changedCompressedLogs() throws InterruptedException {
    new Fuzzer().seed(compressed(LOG.getBytes(UTF_8))).percent(20).run(this::damaged);
  }

  private static byte[] compressed(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Wherever it is cut into files, and however many of its lines are wanted, it is the same. */
  private void read(byte[] input) throws Exception {
    Path log = directory.resolve("0.log");
    int first = input.length / 3;
    int second = 2 * input.length / 3;
    Files.write(
        directory.resolve("0.log.20260101-000000.gz"), compressed(Arrays.copyOf(input, first)));
    Files.write(
        directory.resolve("0.log.20260102-000000"), Arrays.copyOfRange(input, first, second));
    Files.write(log, Arrays.copyOfRange(input, second, input.length));
    String all = read(log, Map.of());
    assertThat(read(log, Map.of("tailLines", "1000000"))).isEqualTo(all);
    assertThat(all).endsWith(read(log, Map.of("tailLines", "1")));
    assertThat(read(log, Map.of("limitBytes", "7")).length()).isLessThanOrEqualTo(7);
    read(log, Map.of("timestamps", "true", "sinceTime", "2026-01-02T03:04:06Z"));
    assertThat(read(log, Map.of("sinceSeconds", "9223372036854775807"))).isEqualTo(all);
  }

  private void damaged(byte[] gzip) throws Exception {
    Path log = Files.writeString(directory.resolve("0.log"), LOG);
    Files.write(directory.resolve("0.log.20260101-000000.gz"), gzip);
    Files.deleteIfExists(directory.resolve("0.log.20260102-000000"));
    String last = "hello\nparts\nb\n";
    assertThat(read(log, Map.of())).endsWith(last);
    assertThat(read(log, Map.of("tailLines", "100"))).endsWith(last);
  }

  private static String read(Path log, Map<String, String> query) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LogOptions options = LogOptions.parse(query::get, Instant.parse("2026-01-03T00:00:00Z"));
    new LogReader(log, options, out::writeBytes, new LogSignal()).run();
    return out.toString(java.nio.charset.StandardCharsets.ISO_8859_1);
  }
}
