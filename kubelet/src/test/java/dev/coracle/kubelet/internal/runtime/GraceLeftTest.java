package dev.coracle.kubelet.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class GraceLeftTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // It may overflow.

  private GraceLeft grace(long seconds) {
    return new GraceLeft(now::get, seconds, 2);
  }

  private void pass(long millis) {
    now.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  @Test
  void whatIsUsedCountsInWholeSeconds() {
    GraceLeft grace = grace(10);
    assertThat(grace.forContainer()).isEqualTo(10);
    pass(900);
    assertThat(grace.forContainer()).isEqualTo(10);
    pass(200);
    assertThat(grace.forContainer()).isEqualTo(9);
    pass(60_000);
    assertThat(grace.left()).isZero();
    assertThat(grace.forContainer()).as("enough to hear the signal").isEqualTo(2);
    assertThat(grace(1).forContainer()).isEqualTo(1);
    assertThat(grace(0).forContainer()).isZero();
    assertThat(grace(Long.MAX_VALUE).left()).isGreaterThan(Duration.ofDays(3000));
  }

  @Test
  void itOnlyBecomesLess() {
    GraceLeft grace = grace(10);
    assertThat(grace.shorten(20)).isFalse();
    assertThat(grace.shorten(1)).isTrue();
    assertThat(grace.forContainer()).isEqualTo(1);
    assertThat(grace.shorten(5)).isFalse();
    pass(5_000);
    assertThat(grace.forContainer()).isEqualTo(1);
  }

  @Test
  void whoeverWaitsHearsOfIt() {
    GraceLeft grace = new GraceLeft(System::nanoTime, 3600, 2);
    CompletableFuture<Boolean> waits =
        CompletableFuture.supplyAsync(() -> grace.await(new CompletableFuture<>()));
    grace.shorten(0);
    assertThat(waits.orTimeout(30, TimeUnit.SECONDS).join()).isFalse();
    assertThat(grace.await(CompletableFuture.completedFuture(null))).isTrue();
  }
}
