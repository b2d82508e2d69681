package dev.coracle.kubelet.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class BackOffTest {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final Clock clock =
      new Clock() {
        @Override
        public ZoneId getZone() {
          return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
          return this;
        }

        @Override
        public Instant instant() {
          return now;
        }
      };
  private final BackOff backOff = new BackOff(clock, Duration.ofSeconds(10), Duration.ofMinutes(5));

  @Test
  void theFirstTimeIsFreeThenItDoublesUpToTheMaximum() {
    assertThat(backOff.remaining("k", now)).isZero();
    long[] expected = {10, 20, 40, 80, 160, 300, 300};
    for (long seconds : expected) {
      backOff.next("k", now);
      assertThat(backOff.remaining("k", now)).isEqualTo(Duration.ofSeconds(seconds));
      now = now.plusSeconds(seconds);
      assertThat(backOff.remaining("k", now.minusSeconds(seconds))).isZero();
    }
  }

  @Test
  void aQuietKeyStartsAnewAfterTwiceTheMaximum() {
    backOff.next("k", now);
    backOff.next("k", now);
    now = now.plus(Duration.ofMinutes(11));
    assertThat(backOff.remaining("k", now)).isZero();
    backOff.next("k", now);
    assertThat(backOff.delay("k")).isEqualTo(Duration.ofSeconds(10));
  }
}
