package dev.coracle.apiserver.internal.registry.kinds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DaemonSetStrategyTest {

  private static ObjectNode set(String generation) {
    ObjectNode out = Json.object();
    out.putObject("metadata")
        .putObject("annotations")
        .put(DaemonSetStrategy.GENERATION, generation);
    return out;
  }

  @ParameterizedTest
  @CsvSource({
    "x, invalid syntax",
    "1.5, invalid syntax",
    "9223372036854775808, value out of range"
  })
  void aTemplateGenerationIsANumber(String generation, String problem) {
    assertThatThrownBy(() -> new DaemonSetStrategy().decoded(set(generation)))
        .hasMessage(
            "DaemonSet in version \"v1\" cannot be handled as a DaemonSet: strconv.ParseInt:"
                + " parsing \"%s\": %s",
            generation, problem);
  }

  @Test
  void whatIsMissingIsZero() {
    ObjectNode set = Json.object();
    new DaemonSetStrategy().decoded(set);
    assertThat(set).isEqualTo(set("0"));
    ObjectNode signed = set("+7");
    new DaemonSetStrategy().decoded(signed);
    assertThat(signed).isEqualTo(set("7"));
  }
}
