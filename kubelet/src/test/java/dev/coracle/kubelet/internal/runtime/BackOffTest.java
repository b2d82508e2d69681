package dev.coracle.kubelet.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.fake.HandClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackOffTest {
  private final HandClock clock = new HandClock();
  private final BackOff backOff = new BackOff(clock, Duration.ofSeconds(10), Duration.ofMinutes(5));

  @Test
  void theFirstTimeIsFreeThenItDoublesUpToTheMaximum() {
    assertThat(backOff.remaining("k", clock.instant())).isZero();
    long[] expected = {10, 20, 40, 80, 160, 300, 300};
    for (long seconds : expected) {
      backOff.next("k", clock.instant());
      assertThat(backOff.remaining("k", clock.instant())).isEqualTo(Duration.ofSeconds(seconds));
      clock.set(clock.instant().plusSeconds(seconds));
      assertThat(backOff.remaining("k", clock.instant().minusSeconds(seconds))).isZero();
    }
  }

  /** Upstream's delays with ReduceDefaultCrashLoopBackOffDecay. */
  @Test
  void bothTheFirstAndTheLongestWaitMayBeShorter() {
    BackOff reduced = backOff.atMost(Duration.ofSeconds(1), Duration.ofSeconds(60));
    for (long seconds : new long[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      reduced.next("k", clock.instant());
      assertThat(reduced.delay("k")).isEqualTo(Duration.ofSeconds(seconds));
    }
    BackOff shortest = backOff.atMost(Duration.ofSeconds(10), Duration.ofSeconds(3));
    shortest.next("k", clock.instant());
    assertThat(shortest.delay("k")).isEqualTo(Duration.ofSeconds(3));
    clock.set(clock.instant().plus(Duration.ofMinutes(9)));
    reduced.next("k", clock.instant());
    assertThat(reduced.delay("k")).as("not quiet for long enough").hasSeconds(60);
  }

  @Test
  void aQuietKeyStartsAnewAfterTwiceTheMaximum() {
    backOff.next("k", clock.instant());
    backOff.next("k", clock.instant());
    clock.set(clock.instant().plus(Duration.ofMinutes(11)));
    assertThat(backOff.remaining("k", clock.instant())).isZero();
    backOff.next("k", clock.instant());
    assertThat(backOff.delay("k")).isEqualTo(Duration.ofSeconds(10));
  }
}
