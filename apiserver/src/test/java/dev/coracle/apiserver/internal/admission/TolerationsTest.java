package dev.coracle.apiserver.internal.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TolerationsTest {

  /** Key, operator, value, effect and seconds; nothing for what is not set. */
  private static String list(String text) {
    StringBuilder out = new StringBuilder("[");
    for (String each : text.isEmpty() ? new String[0] : text.split(" ")) {
      String[] parts = each.split(":", -1);
      out.append(out.length() > 1 ? "," : "").append("{\"operator\":\"").append(parts[1]);
      String[] names = {"key", "", "value", "effect"};
      for (int i = 0; i < 4; i++) {
        if (i != 1 && !parts[i].isEmpty()) {
          out.append("\",\"").append(names[i]).append("\":\"").append(parts[i]);
        }
      }
      out.append('"');
      if (!parts[4].isEmpty()) {
        out.append(",\"tolerationSeconds\":").append(parts[4]);
      }
      out.append('}');
    }
    return out + "]";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      emptyValue = "",
      value = {
        // those of the pod, those of the class, and both as one
        "'' | a:Exists::: | a:Exists:::",
        "a:Exists::: | a:Exists::: | a:Exists:::",
        "a:Exists::: | b:Exists::: | a:Exists::: b:Exists:::",
        "a:Equal:v:: | a:Exists::: | a:Exists:::",
        "a:Exists::: | a:Equal:v:: | a:Exists:::",
        "a:Equal:v:: | a:Equal:w:: | a:Equal:v:: a:Equal:w::",
        "a:Equal:v:NoExecute: | a:Equal:v:: | a:Equal:v::",
        "a:Exists::NoSchedule: | a:Exists::NoExecute: | a:Exists::NoSchedule: a:Exists::NoExecute:",
        "a:Exists::NoExecute:5 | a:Exists::NoExecute:9 | a:Exists::NoExecute:9",
        "a:Exists::NoExecute: | a:Exists::NoExecute:9 | a:Exists::NoExecute:",
        "a:Exists::: b:Equal:v:: | :Exists::: | :Exists:::",
        "a:Gt:5:: | a:Gt:5:: | a:Gt:5::",
        "a:Equal:5:: | a:Gt:3:: | a:Equal:5:: a:Gt:3::"
      })
  void onlyWhatTheOthersLeave(String ofPod, String ofClass, String merged) {
    assertThat(Tolerations.merge(Json.parse(list(ofPod)), Json.parse(list(ofClass))))
        .isEqualTo(Json.parse(list(merged)));
  }
}
