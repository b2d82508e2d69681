package dev.coracle.logs.internal.collect;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.logs.internal.collect.Positions.Position;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Containers' log files and the memory of how far they were read. */
class LogTailFuzz {

  private static final String LOG =
      """
      2026-01-02T03:04:05.123456789Z stdout F hello
      2026-01-02T03:04:05.1+02:00 stderr P part
      2026-01-02T03:04:06Z stdout P a\s
      2026-01-02T03:04:05.1+02:00 stderr F s
      2026-01-02T03:04:07Z stdout F b
      """;
  private static final String POSITIONS =
      "a_b_c/d/0.log\t(dev=1,ino=2)\t17\t2026-01-02T03:04:05Z\n";

  @TempDir Path directory;

  @FuzzTest(maxDuration = "60s")
  void files(byte[] input) throws IOException {
    tail(input);
    positions(input);
  }

  @Test
  void logs() throws InterruptedException {
    new Fuzzer()
        .seeds(LOG, "\n\n", "")
        .words("\n", " ", " F ", " P ", "stdout", "+19:00", "+999999999-12-31T23:59:59Z")
        .percent(50)
        .run(this::tail);
  }

  @Test
  void memories() throws InterruptedException {
    new Fuzzer()
        .seeds(POSITIONS, "\t\t\t\n")
        .words("\t", "\n", "-1", "99999999999999999999", "\0\0\0")
        .percent(50)
        .run(this::positions);
  }

  /** At once and in two halves it is the same. */
  private void tail(byte[] input) throws IOException {
    Path file = directory.resolve("0.log");
    List<CriLine> whole = new ArrayList<>();
    Files.write(file, input);
    try (LogTail tail = new LogTail(file, "", 0, whole::add)) {
      tail.read(ByteBuffer.allocate(64 * 1024));
      assertThat(tail.offset()).isBetween(0L, (long) input.length);
    }
    for (CriLine line : whole) {
      assertThat(line.time()).endsWith("Z").hasSizeGreaterThanOrEqualTo(30);
    }
    List<CriLine> pieces = new ArrayList<>();
    Files.write(file, java.util.Arrays.copyOf(input, input.length / 2));
    try (LogTail tail = new LogTail(file, "", 0, pieces::add)) {
      tail.read(ByteBuffer.allocate(7));
      Files.write(file, input);
      tail.read(ByteBuffer.allocate(7));
    }
    if (input.length < 64 * 1024) {
      assertThat(pieces).isEqualTo(whole);
    }
  }

  private void positions(byte[] input) throws IOException {
    Path file = directory.resolve("positions");
    Files.write(file, input);
    Map<String, Position> found = new Positions(file).read();
    assertThat(found.values()).allMatch(p -> p.offset() >= 0);
    Files.delete(file);
  }

  /** The parts of one were added to those of the other. */
  @Test
  void partsOfTwoOutputsStayApart() throws IOException {
    Path file = Files.writeString(directory.resolve("0.log"), LOG);
    List<String> lines = new ArrayList<>();
    try (LogTail tail =
        new LogTail(file, "", 0, line -> lines.add(line.output() + " " + line.message()))) {
      tail.read(ByteBuffer.allocate(1024));
    }
    assertThat(lines).containsExactly("stdout hello", "stderr parts", "stdout a b");
  }

  /** It was less far than it said, by as much as was cut. */
  @Test
  void aLineThatIsCutBeginsWhereItBegins() throws IOException {
    String before = "2026-01-02T03:04:05Z stdout F x\n";
    Path file =
        Files.writeString(
            directory.resolve("0.log"),
            before + "2026-01-02T03:04:06Z stdout F " + "y".repeat(1 << 20),
            StandardCharsets.UTF_8);
    try (LogTail tail = new LogTail(file, "", 0, _ -> {})) {
      tail.read(ByteBuffer.allocate(64 * 1024));
      assertThat(tail.offset()).isEqualTo(before.length());
    }
  }

  /** The collector did not start. */
  @Test
  void aDamagedMemoryBeginsAgain() throws IOException {
    Path file = directory.resolve("positions");
    Files.write(file, new byte[] {0, (byte) 0xff, '\n', 'a', '\t', 'b', '\t', 'c', '\t', 'd'});
    assertThat(new Positions(file).read()).isEmpty();
  }
}
