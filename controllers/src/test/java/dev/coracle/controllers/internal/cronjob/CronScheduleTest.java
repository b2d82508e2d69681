package dev.coracle.controllers.internal.cronjob;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CronScheduleTest {

  /** The first of January 2026 is a Thursday. */
  @ParameterizedTest
  @CsvSource({
    "0 0 1 * 1, 2026-01-02T00:00:00Z, 2026-01-05T00:00:00Z",
    "0 0 * * 1, 2026-01-02T00:00:00Z, 2026-01-05T00:00:00Z",
    "0 0 */2 * 1, 2026-01-11T00:00:00Z, 2026-01-12T00:00:00Z",
    "0 0 */1 * 1, 2026-01-11T00:00:00Z, 2026-01-12T00:00:00Z",
    "0 0 ? * mon, 2026-01-05T00:00:00Z, 2026-01-12T00:00:00Z",
    "30 */6 13 * 5, 2026-01-09T18:30:00Z, 2026-01-13T00:30:00Z",
  })
  void daysOfTheMonthAndOfTheWeek(String schedule, String after, String next) {
    assertThat(CronSchedule.parse(schedule, ZoneOffset.UTC).next(Instant.parse(after)))
        .contains(Instant.parse(next));
  }
}
