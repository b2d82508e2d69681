package dev.coracle.cridocker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogPositionTest {
  @TempDir Path directory;

  @Test
  void aNewLogHasEverythingBeforeIt() throws IOException {
    Path file = directory.resolve("0.log");
    assertThat(LogPosition.of(file).last()).isEqualTo(Instant.EPOCH);
    Files.createFile(file);
    assertThat(LogPosition.of(file).last()).isEqualTo(Instant.EPOCH);
  }

  @Test
  void anOlderLogGoesOnAfterItsLastLine() throws IOException {
    Path file = directory.resolve("0.log");
    Files.writeString(
        file,
        """
        2026-01-02T03:04:05.000000001Z stdout F a
        2026-01-02T03:04:05.000000002Z stdout P b
        2026-01-02T03:04:05.000000002Z stdout F c
        """);
    assertThat(LogPosition.of(file))
        .isEqualTo(new LogPosition(Instant.parse("2026-01-02T03:04:05.000000002Z"), 2));
  }

  @Test
  void anEmptyLogInPlaceOfAnOlderOneGoesOnWhereThatWasMovedAway() throws IOException {
    Path file = Files.createFile(directory.resolve("0.log"));
    Files.writeString(directory.resolve("0.log.20260102-030405"), "x");
    Instant moved = Instant.parse("2026-01-02T03:04:05Z");
    Files.setLastModifiedTime(file, FileTime.from(moved));
    assertThat(LogPosition.of(file)).isEqualTo(new LogPosition(moved, 0));
  }
}
