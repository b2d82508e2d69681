package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts at the edge of what upstream reads as a quantity. */
class QuantityTextsTest {

  @ParameterizedTest
  @ValueSource(strings = {"Ki", ".", "m", "-", "+M"})
  void withoutDigitsAreZero(String text) {
    assertThat(Quantity.parse(text).value()).isEqualByComparingTo("0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e", "--1", "1Kii", "1e+", "1ki", "5MM"})
  void haveASuffixThatIsNone(String text) {
    assertThatThrownBy(() -> Quantity.parse(text)).hasMessage("unable to parse quantity's suffix");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "1 ", "1x", "1..2", "é"})
  void areNone(String text) {
    assertThatThrownBy(() -> Quantity.parse(text)).hasMessage(Quantity.UNREADABLE);
  }
}
