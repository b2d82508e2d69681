package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A text stays a text for whoever reads it, also by the rules of YAML 1.1. */
class YamlQuotingTest {

  @ParameterizedTest
  @CsvSource({
    "True, true",
    "true, true",
    "yes, true",
    "off, true",
    "y, true",
    "~, true",
    "0644, true",
    "0x1f, true",
    "1_000, true",
    "1:30, true",
    "1.5, true",
    "2026-01-01T00:00:00Z, true",
    "10.96.0.1, false",
    "example.com/i:1, false",
    "10m, false",
    "ReadWriteOnce, false"
  })
  void textsThatLookLikeSomethingElseAreQuoted(String text, boolean quoted) {
    byte[] yaml = Yaml.bytes(Json.object().put("a", text));
    assertThat(new String(yaml, StandardCharsets.UTF_8))
        .isEqualTo(quoted ? "a: '" + text + "'\n" : "a: " + text + "\n");
    assertThat(Yaml.parse(yaml, 1000)).isEqualTo(Json.object().put("a", text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1:1", "1_", "1.1", "+", "12", "1x:"})
  void alsoVeryLongOnes(String part) {
    ObjectNode object = Json.object().put("a", part.repeat(100_000));
    assertThat(Yaml.parse(Yaml.bytes(object), 1_000_000)).isEqualTo(object);
  }

  @ParameterizedTest
  @CsvSource({"true", "1", "-5", "1.5"})
  void valuesAreNot(String json) {
    byte[] yaml = Yaml.bytes(Json.object().set("a", Json.parse(json)));
    assertThat(new String(yaml, StandardCharsets.UTF_8)).isEqualTo("a: " + json + "\n");
  }
}
