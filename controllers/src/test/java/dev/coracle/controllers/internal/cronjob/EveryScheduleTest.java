package dev.coracle.controllers.internal.cronjob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EveryScheduleTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:07Z");

  private static Schedule schedule(String text) {
    return Schedule.parse(text, ZoneOffset.UTC);
  }

  @ParameterizedTest
  @CsvSource({
    "@every 5m, 2026-01-01T00:05:07Z",
    "@every 1h30m, 2026-01-01T01:30:07Z",
    "@every 1.5h, 2026-01-01T01:30:07Z",
    "@every 2500ms, 2026-01-01T00:00:09Z",
    "@every 10ms, 2026-01-01T00:00:08Z",
    "@every -5m, 2026-01-01T00:00:08Z",
    "@every 0, 2026-01-01T00:00:08Z",
  })
  void countsFromTheTimeBefore(String text, String next) {
    assertThat(schedule(text).upcoming(START.plusMillis(300), START.plusMillis(500)))
        .contains(Instant.parse(next));
  }

  @Test
  void theLastTimeKeepsTheStepsSinceTheBeginning() {
    Schedule every = schedule("@every 5m");
    assertThat(every.passed(START, START, START.plusSeconds(299)).last()).isEmpty();
    assertThat(every.passed(START, START, START.plusSeconds(300)).last())
        .contains(START.plusSeconds(300));
    Schedule.Passed late = every.passed(START, START, START.plusSeconds(300 * 200 + 17));
    assertThat(late.last()).contains(START.plusSeconds(300 * 200));
    assertThat(late.tooMany()).isTrue();
    // A deadline limits what counts as missed, and moves no time.
    Instant now = START.plusSeconds(300 * 200 + 17);
    Schedule.Passed limited = every.passed(START, now.minusSeconds(60), now);
    assertThat(limited).isEqualTo(new Schedule.Passed(late.last(), false));
  }

  @Test
  void theNextTimeIsAfterNowHoweverLongAgoTheLastOneWas() {
    Instant now = START.plusSeconds(3600 + 1);
    assertThat(schedule("@every 5m").upcoming(START, now)).contains(START.plusSeconds(3900));
    assertThat(schedule("@every 5m").upcoming(START, START.plusSeconds(3600)))
        .contains(START.plusSeconds(3900));
    assertThat(schedule("*/5 * * * *").upcoming(START, now))
        .contains(Instant.parse("2026-01-01T01:05:00Z"));
  }

  @Test
  void whatIsNoDurationIsRefused() {
    for (String text : new String[] {"@every 5", "@every x", "@every 5mx", "@every 5 m"}) {
      assertThatThrownBy(() -> schedule(text)).hasMessage("failed to parse duration " + text);
    }
  }

  @Test
  void aZoneBeforeTheFieldsIsTaken() {
    assertThat(schedule("CRON_TZ=Asia/Tokyo 0 0 * * *").upcoming(START, START))
        .isEqualTo(Schedule.parse("0 0 * * *", ZoneId.of("Asia/Tokyo")).upcoming(START, START))
        .contains(Instant.parse("2026-01-01T15:00:00Z"));
  }
}
