package dev.coracle.cridocker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogLinesTest {
  private static final String FIRST = "2026-01-02T03:04:05.000000006Z";
  private static final String SECOND = "2026-01-02T03:04:05.100000000Z";

  private static byte[] frame(int stream, String message) {
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + bytes.length)
        .put((byte) stream)
        .putInt(4, bytes.length)
        .position(8)
        .put(bytes)
        .array();
  }

  private static List<String> read(byte[] bytes, boolean terminal) throws IOException {
    LogLines lines = new LogLines(new ByteArrayInputStream(bytes), terminal);
    List<String> out = new ArrayList<>();
    for (LogLines.Line l = lines.next(); l != null; l = lines.next()) {
      out.add(
          (l.error() ? "err " : "out ")
              + l.time()
              + (l.whole() ? " F " : " P ")
              + new String(l.text(), StandardCharsets.UTF_8));
    }
    return out;
  }

  @Test
  void framesAreLinesOrPartsOfThem() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(frame(1, FIRST + " one\n"));
    all.writeBytes(frame(2, SECOND + " two and"));
    all.writeBytes(frame(2, SECOND + " more\n"));
    all.writeBytes(frame(1, SECOND + " \n"));
    assertThat(read(all.toByteArray(), false))
        .containsExactly(
            "out 2026-01-02T03:04:05.000000006Z F one",
            "err 2026-01-02T03:04:05.100Z P two and",
            "err 2026-01-02T03:04:05.100Z F more",
            "out 2026-01-02T03:04:05.100Z F ");
  }

  @Test
  void aTerminalsLongLineIsInPartsOfSixteenKibibytes() throws IOException {
    String long1 = "x".repeat(16 * 1024);
    String log = FIRST + " short\r\n" + FIRST + " " + long1 + SECOND + " rest\r\n" + SECOND + " $ ";
    assertThat(read(log.getBytes(StandardCharsets.UTF_8), true))
        .containsExactly(
            "out 2026-01-02T03:04:05.000000006Z F short\r",
            "out 2026-01-02T03:04:05.000000006Z P " + long1,
            "out 2026-01-02T03:04:05.100Z F rest\r",
            "out 2026-01-02T03:04:05.100Z P $ ");
  }

  @Test
  void whatIsNoLogIsRefused() {
    assertThatThrownBy(() -> read("no log at all".getBytes(StandardCharsets.UTF_8), false))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read(frame(1, "yesterday x\n"), false))
        .hasMessageContaining("yesterday");
    assertThatThrownBy(() -> read("y".repeat(100).getBytes(StandardCharsets.UTF_8), true))
        .hasMessageContaining("no time");
  }

  @Test
  void afterALostConnectionNothingIsMissingOrThereTwice() {
    Instant time = Instant.parse(FIRST);
    Instant later = Instant.parse(SECOND);
    LogPosition position =
        new LogPosition(Instant.EPOCH, 0).after(time.minusNanos(1)).after(time).after(time);
    assertThat(position.since()).isEqualTo("1767323045.000000006");
    LogPosition.Skip skip = position.skip();
    assertThat(List.of(skip.covers(time), skip.covers(time), skip.covers(time), skip.covers(later)))
        .containsExactly(true, true, false, false);
  }
}
