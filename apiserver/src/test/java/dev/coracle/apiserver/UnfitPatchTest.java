package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.TestApi.Answer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Patches whose result is no object of its kind are invalid, in upstream's words for each type. */
@ExtendWith(OwnServer.class)
class UnfitPatchTest {

  private static final String DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/web";
  private static final String MERGE = "merge-patch+json";
  private static final String STRATEGIC = "strategic-merge-patch+json";
  private static final String JSON = "json-patch+json";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
    api.call(
            "POST",
            "/apis/apps/v1/namespaces/default/deployments",
            "application/json",
            """
            {"metadata": {"name": "web"}, "spec": {"replicas": 2,
              "selector": {"matchLabels": {"app": "web"}},
              "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "a", "image": "i"}]}}}}
            """)
        .ok();
  }

  private static Answer patch(String type, String query, String body) {
    return api.call("PATCH", DEPLOYMENT + query, "application/" + type, body);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        MERGE
            + " | {\"spec\":{\"replicas\":\"x\"}} | json: cannot unmarshal string into Go struct"
            + " field DeploymentSpec.spec.replicas of type int32",
        JSON
            + " | [{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":true}] | json: cannot"
            + " unmarshal bool into Go struct field DeploymentSpec.spec.replicas of type int32",
        STRATEGIC + " | {\"spec\":{\"replicas\":\"x\"}} | unrecognized type: int32",
        STRATEGIC + " | {\"spec\":{\"replicas\":1.5}} | cannot convert float64 to int32",
        STRATEGIC + " | {\"metadata\":{\"labels\":[1]}} | cannot restore map from slice",
        STRATEGIC + " | {\"spec\":{\"template\":\"x\"}} | cannot restore struct from: string",
        STRATEGIC + " | {\"metadata\":{\"labels\":{\"a\":1}}} | cannot convert int64 to string",
      })
  void valuesOfAWrongTypeAreInvalid(String type, String body, String why) {
    Answer answer = patch(type, "", body);
    assertThat(answer.code()).isEqualTo(422);
    assertThat(answer.body().path("reason").asText()).isEqualTo("Invalid");
    assertThat(answer.message())
        .startsWith(" \"\" is invalid: patch: Invalid value: \"")
        .endsWith("\": " + why);
    assertThat(answer.body().path("details").path("causes").path(0).path("field").asText())
        .isEqualTo("patch");
  }

  @Test
  void theObjectIsShownAndOfAStrategicPatchThePatch() {
    assertThat(patch(MERGE, "", "{\"spec\":{\"replicas\":\"x\"}}").message())
        .contains("Invalid value: \"{\\\"")
        .contains("\\\"replicas\\\":\\\"x\\\"")
        .contains("\\\"kind\\\":\\\"Deployment\\\"");
    assertThat(
            patch(STRATEGIC, "", "{\"spec\":{\"replicas\":\"x\",\"paused\":null,\"a\":[1,true]}}")
                .message())
        .isEqualTo(
            " \"\" is invalid: patch: Invalid value: \"map[spec:map[a:[1 true] paused:<nil>"
                + " replicas:x]]\": unrecognized type: int32");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        MERGE
            + " | {\"spec\":{\"foo\":1,\"paused\":true,\"paused\":true}} | duplicate field"
            + " \"spec.paused\", unknown field \"spec.foo\"",
        STRATEGIC + " | {\"spec\":{\"foo\":1}} | unknown field \"spec.foo\"",
        JSON
            + " | [{\"op\":\"add\",\"path\":\"/spec/foo\",\"value\":1,\"a\":2,\"op\":\"add\"}] |"
            + " json patch duplicate field \"[0].op\", json patch unknown field \"[0].a\", unknown"
            + " field \"spec.foo\"",
      })
  void whatAStrictReaderFindsIsInvalidOrWarnedOf(String type, String body, String problems) {
    Answer refused = patch(type, "?fieldValidation=Strict", body);
    assertThat(refused.code()).isEqualTo(422);
    assertThat(refused.message())
        .startsWith(" \"\" is invalid: patch: Invalid value: ")
        .endsWith("\": strict decoding error: " + problems);
    Answer warned = patch(type, "?fieldValidation=Warn&dryRun=All", body).ok();
    assertThat(warned.warnings())
        .containsExactly(
            Stream.of(problems.split(", "))
                .map(problem -> "299 - \"" + problem.replace("\"", "\\\"") + "\"")
                .toArray(String[]::new));
    assertThat(patch(type, "?fieldValidation=Ignore&dryRun=All", body).ok().warnings()).isEmpty();
  }

  @Test
  void aResultThatIsNoObjectIsInvalid() {
    Answer answer = patch(JSON, "", "[{\"op\":\"replace\",\"path\":\"\",\"value\":[1]}]");
    assertThat(answer.code()).isEqualTo(422);
    assertThat(answer.message())
        .contains("patch: Invalid value: \"[1]\": couldn't get version/kind; json parse error:");
  }

  /** It became a scale to nothing. */
  @Test
  void aScaleIsNotPatchedToAText() {
    for (String type : new String[] {MERGE, STRATEGIC}) {
      Answer answer =
          api.call(
              "PATCH",
              DEPLOYMENT + "/scale",
              "application/" + type,
              "{\"spec\":{\"replicas\":\"x\"}}");
      assertThat(answer.code()).isEqualTo(422);
    }
    assertThat(api.get(DEPLOYMENT).body().path("spec").path("replicas").asInt()).isEqualTo(2);
  }
}
