package dev.coracle.kubelet.internal.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.config.EvictionOptions;
import dev.coracle.kubelet.config.EvictionSignal;
import dev.coracle.kubelet.config.EvictionSignal.Condition;
import dev.coracle.kubelet.config.EvictionThreshold;
import dev.coracle.kubelet.config.EvictionThreshold.Amount;
import dev.coracle.kubelet.config.EvictionThreshold.Observation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShortageTest {
  private static final long SECOND = 1_000_000_000L;

  private static Shortage of(EvictionThreshold... thresholds) {
    EvictionOptions options = new EvictionOptions(List.of(thresholds), Duration.ofSeconds(60), 0);
    return new Shortage(options.thresholds(), options);
  }

  private static EvictionThreshold memory(long amount, Duration grace, long reclaim) {
    return new EvictionThreshold(
        EvictionSignal.MEMORY_AVAILABLE, new Amount(amount, 0), grace, new Amount(reclaim, 0));
  }

  private static Map<EvictionSignal, Observation> memory(long available) {
    return Map.of(EvictionSignal.MEMORY_AVAILABLE, new Observation(available, 1000));
  }

  @Test
  void aHardThresholdCountsAtOnce() {
    Shortage shortage = of(memory(100, Duration.ZERO, 0));
    assertThat(shortage.look(memory(100), 0).due()).isEmpty();
    assertThat(shortage.look(memory(99), 0).due()).hasSize(1);
  }

  @Test
  void aSoftOneCountsWhenItWasMetForItsGraceAndTellsTheNodeBefore() {
    Shortage shortage = of(memory(100, Duration.ofSeconds(30), 0));
    Shortage.Verdict first = shortage.look(memory(99), 0);
    assertThat(first.due()).isEmpty();
    assertThat(first.conditions()).containsExactly(Condition.MEMORY);
    assertThat(shortage.look(memory(99), 29 * SECOND).due()).isEmpty();
    assertThat(shortage.look(memory(99), 30 * SECOND).due()).hasSize(1);
  }

  @Test
  void aSoftOneBeginsAnewAfterARest() {
    Shortage shortage = of(memory(100, Duration.ofSeconds(30), 0));
    shortage.look(memory(99), 0);
    shortage.look(memory(100), 20 * SECOND);
    assertThat(shortage.look(memory(99), 40 * SECOND).due()).isEmpty();
    assertThat(shortage.look(memory(99), 70 * SECOND).due()).hasSize(1);
  }

  @Test
  void aMetThresholdStaysUntilEnoughIsReclaimed() {
    Shortage shortage = of(memory(100, Duration.ZERO, 50));
    assertThat(shortage.look(memory(120), 0).due()).isEmpty();
    assertThat(shortage.look(memory(99), SECOND).due()).hasSize(1);
    assertThat(shortage.look(memory(149), 2 * SECOND).due()).hasSize(1);
    assertThat(shortage.look(memory(150), 3 * SECOND).due()).isEmpty();
    assertThat(shortage.look(memory(149), 4 * SECOND).due()).isEmpty();
  }

  @Test
  void theNodesConditionOutlivesTheShortage() {
    Shortage shortage = of(memory(100, Duration.ZERO, 0));
    assertThat(shortage.look(memory(500), 0).conditions()).isEmpty();
    shortage.look(memory(99), SECOND);
    assertThat(shortage.look(memory(500), 60 * SECOND).conditions())
        .containsExactly(Condition.MEMORY);
    assertThat(shortage.look(memory(500), 61 * SECOND).conditions()).isEmpty();
  }

  @Test
  void memoryIsReclaimedBeforeTheDisk() {
    Shortage shortage =
        of(
            new EvictionThreshold(
                EvictionSignal.NODEFS_AVAILABLE, new Amount(0, 10), Duration.ZERO, Amount.NONE),
            memory(100, Duration.ZERO, 0));
    assertThat(
            shortage
                .look(
                    Map.of(
                        EvictionSignal.NODEFS_AVAILABLE,
                        new Observation(1, 1000),
                        EvictionSignal.MEMORY_AVAILABLE,
                        new Observation(1, 1000)),
                    0)
                .due())
        .extracting(EvictionThreshold::signal)
        .containsExactly(EvictionSignal.MEMORY_AVAILABLE, EvictionSignal.NODEFS_AVAILABLE);
  }
}
