package dev.coracle.api.selector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.selector.Toleration.Taint;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Kubernetes docs, "Taints and Tolerations". */
class TolerationTest {

  @ParameterizedTest(name = "{0} {1} {2} {3}: {4}")
  @CsvSource({
    "gpu, Equal, a100, NoSchedule, true",
    "gpu, '', a100, NoSchedule, true",
    "gpu, '', a100, '', true",
    "gpu, Equal, h100, NoSchedule, false",
    "gpu, Exists, '', NoSchedule, true",
    "gpu, Exists, '', NoExecute, false",
    "'', Exists, '', '', true",
    "'', Exists, '', NoExecute, false",
    "'', Equal, a100, '', true",
    "disk, Exists, '', '', false",
    "gpu, Sometimes, a100, '', false",
  })
  void names(String key, String operator, String value, String effect, boolean tolerated) {
    assertThat(
            new Toleration(key, operator, value, effect)
                .tolerates(new Taint("gpu", "a100", "NoSchedule")))
        .isEqualTo(tolerated);
  }

  @ParameterizedTest(name = "{1} {2} for {0}: {3}")
  @CsvSource({
    "950, Gt, 900, true",
    "900, Gt, 900, false",
    "850, Gt, 900, false",
    "850, Lt, 900, true",
    "900, Lt, 900, false",
    "0950, Gt, 900, false",
    "950, Gt, 0900, false",
    "-1, Lt, 0, true",
    "high, Lt, 900, false",
    "high, Gt, 900, false",
  })
  void numbers(String taint, String operator, String value, boolean tolerated) {
    assertThat(
            new Toleration("sla", operator, value, "")
                .tolerates(new Taint("sla", taint, "NoExecute")))
        .isEqualTo(tolerated);
  }
}
