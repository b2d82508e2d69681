package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code /flagz} (KEP-4828). */
@ExtendWith(OwnServer.class)
class FlagPageTest {

  private static final String STRUCTURED = "application/json;as=Flagz;g=config.k8s.io;v=";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
  }

  private static TestApi.Answer accepting(String accept) {
    return api.call("GET", "/flagz", "", accept, "");
  }

  @Test
  void isATextForPeople() throws Exception {
    assertThat(new String(api.bytes("/flagz", "identity", "text/plain"), StandardCharsets.UTF_8))
        .startsWith("\napiserver flags\nWarning: This endpoint is not meant")
        .containsPattern("\nlog-sink(:|: |=| )https://CLASSIFIED@logs.example\nport(:|: |=| )0\n");
  }

  @Test
  void isAnObjectForWhoNamesItsKind() {
    JsonNode flags = accepting(STRUCTURED + "v1beta1").ok().body();
    assertThat(flags.path("kind").asText()).isEqualTo("Flagz");
    assertThat(flags.path("apiVersion").asText()).isEqualTo("config.k8s.io/v1beta1");
    assertThat(flags.at("/metadata/name").asText()).isEqualTo("apiserver");
    assertThat(flags.at("/flags/port").asText()).isEqualTo("0");
    assertThat(accepting(STRUCTURED + "v1alpha1").ok().warnings())
        .containsExactly(
            "299 - \"This version of the flagz endpoint is deprecated. Please use a newer version.\"");
  }

  @Test
  void isNothingElse() {
    for (String accept :
        new String[] {"application/json", STRUCTURED.replace("Flagz", "Statusz") + "v1beta1"}) {
      assertThat(accepting(accept).code()).as(accept).isEqualTo(406);
    }
  }
}
