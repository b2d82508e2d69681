package dev.coracle.apiserver.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.StatusException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Of kinds that have no protobuf form, such as custom resources. */
class NegotiationTest {
  private static final String PROTOBUF = "application/vnd.kubernetes.protobuf";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1|PROTOBUF",
        ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json|PROTOBUF",
        ",application/json|JSON",
        ";as=Table;g=meta.k8s.io;v=v1,application/yaml|YAML",
      })
  void metadataAloneHasAProtobufForm(String parameters, Negotiation.Form form) {
    assertThat(Negotiation.tryOf(PROTOBUF + parameters, false, false))
        .map(Negotiation::form)
        .contains(form);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/json;q=0.5,application/yaml;q=0.9|YAML",
        "application/yaml;q=0.5,application/json|JSON",
        "*/*,application/yaml|YAML",
        "application/*,application/yaml|YAML",
        "application/yaml,application/json|YAML",
        "application/yaml;q=x,application/json;q=0.9|YAML",
      })
  void theBestOfSeveralIsTaken(String accept, Negotiation.Form form) {
    assertThat(Negotiation.of(accept).form()).isEqualTo(form);
  }

  /** As upstream's server answers them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json;stream=x",
        "*/*;stream=x",
        "application/yaml;stream=watch",
        "application/json;v=v1",
        "application/json;as=Table;g=meta.k8s.io;v=v1;stream=x",
        "text/*",
      })
  void whatNothingIsGivenFor(String accept) {
    assertThat(Negotiation.tryOf(accept, false, true)).isEmpty();
    assertThat(Negotiation.ofStatus(accept)).isEqualTo(Negotiation.Form.JSON);
    assertThatThrownBy(() -> Negotiation.ofWatch(accept, true)).isInstanceOf(StatusException.class);
  }

  @Test
  void aStreamIsNamedWhereThereIsNone() {
    assertThat(Negotiation.of("application/json;stream=watch").form())
        .isEqualTo(Negotiation.Form.JSON);
    assertThat(Negotiation.ofWatch("application/json;stream=", false).form())
        .isEqualTo(Negotiation.Form.JSON);
    assertThat(Negotiation.of("application/json;stream=x,application/yaml").form())
        .isEqualTo(Negotiation.Form.YAML);
    assertThatThrownBy(() -> Negotiation.ofWatch("application/yaml", false))
        .hasMessageContaining("application/json;stream=watch");
  }
}
