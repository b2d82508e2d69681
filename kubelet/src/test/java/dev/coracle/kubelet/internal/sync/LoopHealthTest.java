package dev.coracle.kubelet.internal.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LoopHealthTest {

  private static final Duration NOW = Duration.ZERO;
  private static final Duration FIVE = Duration.ofMinutes(5);
  private static final Duration MORE = FIVE.plusMillis(1);
  private static final Optional<String> BROKEN = Optional.of("sync Loop took longer than expected");

  @Test
  void aShortOutageOfTheRuntimeIsNone() {
    LoopHealth health = new LoopHealth(Duration.ofMinutes(1));
    assertThat(health.problem(FIVE, FIVE)).isEmpty();
    assertThat(health.problem(MORE, NOW)).isEqualTo(BROKEN);
    assertThat(health.problem(NOW, MORE)).isEqualTo(BROKEN);
  }

  @Test
  void whoLooksAnewSeldomHasLonger() {
    LoopHealth health = new LoopHealth(Duration.ofMinutes(3));
    assertThat(health.problem(MORE, MORE)).isEmpty();
    assertThat(health.problem(Duration.ofSeconds(361), NOW)).isEqualTo(BROKEN);
  }
}
