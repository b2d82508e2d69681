package dev.coracle.apiserver.internal.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.coracle.tracing.CollectorAddress;
import dev.coracle.tracing.TracingConfiguration;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TracingFileTest {

  private static TracingConfiguration parse(String version, String rest) {
    String text =
        "apiVersion: apiserver.config.k8s.io/" + version + "\nkind: TracingConfiguration\n" + rest;
    return TracingFile.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1beta1", "v1alpha1"})
  void everyVersionIsRead(String version) {
    assertThat(parse(version, "endpoint: collector:4317\nsamplingRatePerMillion: 100\n"))
        .isEqualTo(
            new TracingConfiguration(
                CollectorAddress.parse("collector:4317"), OptionalInt.of(100)));
    assertThat(parse(version, "")).isEqualTo(TracingConfiguration.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource({
    "'endpoint: http://a', 'endpoint: Invalid value: \"http://a\"'",
    "'samplingRatePerMillion: 1000001', 'must be less than or equal to one million'",
    "'samplingRatePerMillion: x', 'samplingRatePerMillion: Invalid value: \"x\"'",
    "'samplingRate: 1', 'samplingRate: unknown field'"
  })
  void whatIsWrongIsSaid(String line, String words) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> parse("v1", line))
        .withMessageContaining(words);
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatIllegalStateException()
        .isThrownBy(() -> TracingFile.read(Path.of("nowhere.yaml")))
        .withMessage("tracing-config-file nowhere.yaml does not exist");
  }
}
