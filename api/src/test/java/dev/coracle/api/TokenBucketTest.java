package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TokenBucketTest {

  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  @Test
  void aBurstGoesAndThenOneAtATime() {
    TokenBucket bucket = new TokenBucket(2, 3, SECOND);
    for (int i = 0; i < 3; i++) {
      assertThat(bucket.take(SECOND)).isTrue();
    }
    assertThat(bucket.take(SECOND + SECOND / 2 - 1)).isFalse();
    assertThat(bucket.take(SECOND + SECOND / 2)).isTrue();
    assertThat(bucket.take(SECOND + SECOND / 2)).isFalse();
  }

  @Test
  void whoWaitsIsToldWhenItsOwnIsThere() {
    TokenBucket bucket = new TokenBucket(2, 1, 0);
    assertThat(bucket.reserve(0)).isZero();
    assertThat(bucket.reserve(0)).isEqualTo(SECOND / 2);
    assertThat(bucket.reserve(0)).isEqualTo(SECOND);
    assertThat(bucket.take(SECOND)).as("that one has been given away").isFalse();
    assertThat(bucket.reserve(SECOND)).isEqualTo(SECOND / 2);
  }

  @Test
  void noMoreThanABurstIsSaved() {
    TokenBucket bucket = new TokenBucket(2, 3, 0);
    long later = 1000 * SECOND;
    for (int i = 0; i < 3; i++) {
      assertThat(bucket.take(later)).isTrue();
    }
    assertThat(bucket.take(later)).isFalse();
    assertThat(bucket.take(0)).as("a clock that goes back gives nothing").isFalse();
    assertThat(bucket.take(later + SECOND)).isTrue();
  }
}
