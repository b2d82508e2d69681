package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoDurationTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0, 0",
    "1h30m, 5400000000000",
    "1.5s, 1500000000",
    ".5s, 500000000",
    "5.s, 5000000000",
    "-2m, -120000000000",
    "+300ms, 300000000",
    "1m0.5s, 60500000000",
    "7us, 7000",
    "7\u00b5s, 7000",
    "7\u03bcs, 7000",
    "0.9ns, 0",
    "9223372036854775807ns, 9223372036854775807"
  })
  void readsWhatGoReads(String text, long nanos) {
    assertThat(GoDuration.parse(text)).isEqualTo(Duration.ofNanos(nanos));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | invalid duration",
        "- | invalid duration",
        "s | invalid duration",
        ".s | invalid duration",
        "1s? | unknown unit \"s?\" in duration",
        "5 | missing unit in duration",
        "1h5 | missing unit in duration",
        "5d | unknown unit \"d\" in duration",
        "9223372036854775808ns | invalid duration",
        "2562048h | invalid duration"
      })
  void saysInGoWordsWhatIsNoDuration(String text, String fault) {
    assertThatThrownBy(() -> GoDuration.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("time: " + fault + " \"" + text + "\"");
  }

  /** Which take a number of a million digits too long to be read on an event loop. */
  @Test
  void manyDigitsAreNotRead() {
    String zeros = "0".repeat(1_000_000);
    String ones = "1".repeat(1_000_000);
    assertThat(GoDuration.parse(zeros + "1s")).isEqualTo(Duration.ofSeconds(1));
    assertThat(GoDuration.parse("0." + ones + "s")).isEqualTo(Duration.ofNanos(111_111_111));
    assertThatThrownBy(() -> GoDuration.parse(ones + "s"))
        .hasMessageStartingWith("time: invalid duration");
  }
}
