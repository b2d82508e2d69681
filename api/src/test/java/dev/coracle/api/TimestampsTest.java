package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Times are written and read as the JDK's formats do it. */
class TimestampsTest {

  private static final DateTimeFormatter MICRO =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void writesAndReadsAsTheJdkDoes(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 1000; i++) {
      Instant time =
          Instant.ofEpochSecond(
              random.nextLong(-62_167_219_200L, 253_402_300_800L), random.nextInt(1_000_000_000));
      Instant whole = time.truncatedTo(ChronoUnit.SECONDS);
      assertThat(Timestamps.time(time)).isEqualTo(whole.toString());
      assertThat(Timestamps.parse(Timestamps.time(time))).isEqualTo(whole);
      assertThat(Timestamps.microTime(time)).isEqualTo(MICRO.format(time));
      assertThat(Timestamps.parse(Timestamps.microTime(time)))
          .isEqualTo(time.truncatedTo(ChronoUnit.MICROS));
    }
  }

  @Test
  void yearsOfMoreDigitsAreWrittenInFull() {
    Instant far = OffsetDateTime.of(12345, 1, 2, 3, 4, 5, 0, ZoneOffset.UTC).toInstant();
    assertThat(Timestamps.time(far)).isEqualTo(far.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "2026-00-01T00:00:00Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:0aZ",
        "2026-02-29T00:00:00.000000Z",
        "2026-01-01T00:00:60.000000Z",
        "2026-01-01T00:00:00.00000aZ",
        "２026-01-01T00:00:00Z"
      })
  void whatIsNoTimeIsNone(String text) {
    assertThat(Timestamps.parse(text)).isNull();
  }

  @Test
  void offsetsAreTakenIntoAccount() {
    assertThat(Timestamps.parse("2026-01-01T02:00:00+02:00"))
        .isEqualTo(Timestamps.parse("2026-01-01T00:00:00Z"));
  }
}
