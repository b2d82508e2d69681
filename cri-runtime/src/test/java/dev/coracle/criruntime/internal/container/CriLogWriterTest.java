package dev.coracle.criruntime.internal.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.criruntime.log.CriLogWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CriLogWriterTest {
  @TempDir Path dir;
  private final Clock clock =
      Clock.fixed(Instant.parse("2016-10-06T00:17:09.669794202Z"), ZoneOffset.UTC);
  private final CriLogWriter.Stream out = new CriLogWriter.Stream("stdout");
  private final CriLogWriter.Stream err = new CriLogWriter.Stream("stderr");

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void writesLinesOfBothStreams() throws IOException {
    Path file = dir.resolve("pod/c/0.log");
    try (CriLogWriter log = new CriLogWriter(file, clock)) {
      log.write(out, bytes("one\ntw"));
      log.write(err, bytes("bad\n"));
      log.write(out, bytes("o\n\n"));
    }
    assertThat(Files.readString(file))
        .isEqualTo(
            """
            2016-10-06T00:17:09.669794202Z stdout F one
            2016-10-06T00:17:09.669794202Z stderr F bad
            2016-10-06T00:17:09.669794202Z stdout F two
            2016-10-06T00:17:09.669794202Z stdout F\040
            """);
  }

  @Test
  void splitsLongLines() throws IOException {
    Path file = dir.resolve("0.log");
    String line = "x".repeat(CriLogWriter.MAX_LINE * 2 + 5);
    try (CriLogWriter log = new CriLogWriter(file, clock)) {
      log.write(out, bytes(line + "\n"));
    }
    StringBuilder joined = new StringBuilder();
    for (String l : Files.readAllLines(file)) {
      String[] f = l.split(" ", 4);
      joined.append(f[3]);
      assertThat(f[2]).isEqualTo(joined.length() == line.length() ? "F" : "P");
    }
    assertThat(joined).hasToString(line);
  }

  @Test
  void flushesWhatWaitsForItsEnd() throws IOException {
    Path file = dir.resolve("0.log");
    try (CriLogWriter log = new CriLogWriter(file, clock)) {
      log.write(out, bytes("login: "));
      log.flushPartial(out);
      log.write(out, bytes("bob\n"));
      log.write(out, bytes("no end"));
      log.flushPartial(out);
      log.flushPartial(out);
    }
    assertThat(Files.readAllLines(file))
        .containsExactly(
            "2016-10-06T00:17:09.669794202Z stdout P login: ",
            "2016-10-06T00:17:09.669794202Z stdout F bob",
            "2016-10-06T00:17:09.669794202Z stdout P no end");
  }

  @Test
  void goesOnInANewFile() throws IOException {
    Path file = dir.resolve("0.log");
    try (CriLogWriter log = new CriLogWriter(file, clock)) {
      log.write(out, bytes("old\n"));
      Files.move(file, dir.resolve("0.log.1"));
      log.reopen();
      log.write(out, bytes("new\n"));
    }
    assertThat(Files.readString(file)).endsWith("new\n").doesNotContain("old");
  }
}
