package dev.coracle.apiserver.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WarningsTest {

  @Test
  void eachIsToldOnceAndNothingThatIsNoLine() {
    Warnings warnings = new Warnings();
    for (String text : List.of("a", "", "b", "a", "two\nlines", "\u00e4 \u4e2d")) {
      warnings.add(text);
    }
    assertThat(warnings.texts()).containsExactly("a", "b", "\u00e4 \u4e2d");
  }

  @Test
  void manyShortOnesAreTold() {
    Warnings warnings = new Warnings();
    for (int i = 0; i < 100; i++) {
      warnings.add("w" + i);
    }
    assertThat(warnings.texts()).hasSize(100);
  }

  @Test
  void allAreCutWhenTheyAreTooMuch() {
    Warnings warnings = new Warnings();
    warnings.add("a".repeat(3000));
    assertThat(warnings.texts().getFirst()).hasSize(3000);
    warnings.add("b".repeat(3000));
    assertThat(warnings.texts()).containsExactly("a".repeat(256), "b".repeat(256));
    for (int i = 0; i < 10_000; i++) {
      warnings.add("c" + i);
    }
    assertThat(String.join("", warnings.texts()).length()).isLessThan(4096 + 256);
  }
}
