package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VersionInfoTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @Test
  void tellsTheSourceItWasBuiltFrom() {
    JsonNode version = VersionInfo.document(COMMIT + "/dirty/2026-01-31T12:00:00Z");
    assertThat(version.path("gitCommit").asText()).isEqualTo(COMMIT);
    assertThat(version.path("gitTreeState").asText()).isEqualTo("dirty");
    assertThat(version.path("buildDate").asText()).isEqualTo("2026-01-31T12:00:00Z");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "${source.commit}", COMMIT, COMMIT + "/fresh/2026-01-31T12:00:00Z"})
  void tellsNothingWhereThatIsNotKnown(String source) {
    JsonNode version = VersionInfo.document(source);
    assertThat(version.path("gitCommit").asText()).isEmpty();
    assertThat(version.path("gitTreeState").asText()).isEmpty();
    assertThat(version.path("buildDate").asText()).isEqualTo("1970-01-01T00:00:00Z");
  }
}
