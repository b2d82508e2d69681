package dev.coracle.kubelet.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CPUs as the kernel writes them (cpuset(7), "List format"). */
class CpuSetTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"0|0|1", "0-3,7|0-3,7|5", "7,0,1|0-1,7|3", "2,3,4|2-4|3", "1-2,2-5|1-5|5"})
  void isReadAndWritten(String text, String normal, int size) {
    assertThat(CpuSet.parse(text)).hasToString(normal).isEqualTo(CpuSet.parse(normal));
    assertThat(CpuSet.parse(text).size()).isEqualTo(size);
  }

  @Test
  void nothingIsNoCpu() {
    assertThat(CpuSet.parse("")).isEqualTo(CpuSet.NONE).hasToString("");
    assertThatThrownBy(() -> CpuSet.parse("0,")).hasMessage("\"\" is no CPU");
    assertThatThrownBy(() -> CpuSet.parse("-1")).hasMessage("\"\" is no CPU");
    assertThatThrownBy(() -> CpuSet.parse("8192")).hasMessage("\"8192\" is no CPU");
    assertThatThrownBy(() -> CpuSet.parse("3-1")).hasMessage("invalid range 3-1 (3 > 1)");
  }

  @Test
  void setsAreAddedAndTakenAway() {
    CpuSet some = CpuSet.parse("0-3");
    assertThat(some.plus(CpuSet.parse("5"))).hasToString("0-3,5");
    assertThat(some.minus(CpuSet.parse("1,9"))).hasToString("0,2-3");
    assertThat(some.inBoth(CpuSet.parse("2-9"))).hasToString("2-3");
    assertThat(some.contains(CpuSet.parse("1,3"))).isTrue();
    assertThat(some.contains(CpuSet.parse("3-4"))).isFalse();
  }
}
