package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AggregateTest {

  @Test
  void oneIsToldAsItIsAndSeveralInBracketsOnce() {
    assertThat(Aggregate.of(List.of())).isEmpty();
    assertThat(Aggregate.of(List.of("", "a", "a"))).isEqualTo("a");
    assertThat(Aggregate.of(List.of("b", "a", "", "b"))).isEqualTo("[b, a]");
  }
}
