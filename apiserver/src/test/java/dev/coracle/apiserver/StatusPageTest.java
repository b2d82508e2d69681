package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code /statusz} (KEP-4827). */
@ExtendWith(OwnServer.class)
class StatusPageTest {

  private static final String STRUCTURED = ";as=Statusz;g=config.k8s.io;v=";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
  }

  private static TestApi.Answer accepting(String accept) {
    return api.call("GET", "/statusz", "", accept, "");
  }

  private static String text(String accept) throws Exception {
    return new String(api.bytes("/statusz", "identity", accept), StandardCharsets.UTF_8);
  }

  @Test
  void isATextForPeople() throws Exception {
    for (String accept : new String[] {"text/plain", "*/*", "application/json, */*"}) {
      assertThat(text(accept))
          .startsWith("\napiserver statusz\nWarning: This endpoint is not meant")
          .containsPattern("Started: \\w{3} \\w{3} [ 1-3]\\d \\d\\d:\\d\\d:\\d\\d UTC 20\\d\\d\n")
          .containsPattern("Up: \\d+ hr \\d\\d min \\d\\d sec\n")
          .contains("Binary version: 1.36\n")
          .contains("Paths: /flagz /healthz /livez");
    }
  }

  @Test
  void isAnObjectForWhoNamesItsKind() {
    var answer = accepting("application/json" + STRUCTURED + "v1beta1").ok();
    JsonNode status = answer.body();
    assertThat(status.path("kind").asText()).isEqualTo("Statusz");
    assertThat(status.path("apiVersion").asText()).isEqualTo("config.k8s.io/v1beta1");
    assertThat(status.at("/metadata/name").asText()).isEqualTo("apiserver");
    assertThat(status.path("binaryVersion").asText()).isEqualTo("1.36");
    assertThat(status.path("uptimeSeconds").isNumber()).isTrue();
    assertThat(answer.warnings()).isEmpty();
    assertThat(accepting("application/json" + STRUCTURED + "v1alpha1").ok().warnings())
        .containsExactly(
            "299 - \"This version of the statusz endpoint is deprecated. Please use a newer"
                + " version.\"");
  }

  @Test
  void isNothingElse() {
    for (String accept :
        new String[] {
          "application/json",
          "application/vnd.kubernetes.protobuf",
          "application/json" + STRUCTURED + "v1",
          "text/html"
        }) {
      assertThat(accepting(accept).code()).as(accept).isEqualTo(406);
    }
  }
}
