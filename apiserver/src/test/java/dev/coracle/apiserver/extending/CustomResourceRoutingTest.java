package dev.coracle.apiserver.extending;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.OwnServer;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestApi.Answer;
import dev.coracle.apiserver.TestApi.Exchanged;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Custom resources by paths, methods and bodies that do not fit them. */
@ExtendWith(OwnServer.class)
class CustomResourceRoutingTest {

  private static final String GROUP = "/apis/routes.example.com";
  private static final String PATHS = GROUP + "/v1/namespaces/default/lanes";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
    api.post(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: lanes.routes.example.com}
            spec:
              group: routes.example.com
              scope: Namespaced
              names: {plural: lanes, kind: Lane}
              versions:
              - name: v1
                served: true
                storage: true
                subresources:
                  scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
                schema: &schema
                  openAPIV3Schema:
                    type: object
                    properties:
                      spec: {type: object, properties: {replicas: {type: integer}}}
              - {name: v0, served: false, storage: false, schema: *schema}
            """)
        .ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(PATHS).code() == 200);
    api.post(
            PATHS,
            "{apiVersion: routes.example.com/v1, kind: Lane, metadata: {name: l},"
                + " spec: {replicas: 3}}")
        .ok();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        GROUP + "/v0",
        GROUP + "/v0/lanes",
        GROUP + "/v1/nope",
        GROUP + "/v1/lanes/l",
        GROUP + "//v1/lanes",
      })
  void whatIsNotServedIsAPage(String path) {
    Exchanged answer = api.exchange("GET", path, "", "application/json", new byte[0]);
    assertThat(answer.code()).isEqualTo(404);
    assertThat(new String(answer.bytes(), UTF_8)).isEqualTo("404 page not found\n");
  }

  /** Without a type that leaves it out, as upstream writes it. */
  @Test
  void aListThatIsWholeSaysThatNothingFollows() {
    JsonNode lanes = api.get(PATHS).ok().body().path("metadata");
    assertThat(lanes.path("continue").isTextual()).isTrue();
    assertThat(lanes.path("continue").asText()).isEmpty();
    assertThat(api.get("/api/v1/configmaps").ok().body().path("metadata").has("continue"))
        .isFalse();
  }

  @Test
  void aSubresourceThatIsNoneIsSaidOfTheObject() {
    Answer answer = api.get(PATHS + "/l/nope");
    assertThat(answer.code()).isEqualTo(404);
    assertThat(answer.message()).isEqualTo("lanes.routes.example.com \"l\" not found");
  }

  @Test
  void whatFollowsASubresourceSaysNothing() {
    assertThat(api.get(PATHS + "/l/scale/x/y").ok().body().path("kind").asText())
        .isEqualTo("Scale");
    assertThat(api.call("POST", PATHS + "/l/scale/x", "application/json", "{}").code())
        .isEqualTo(405);
    assertThat(api.get(PATHS + "/l/nope/x").code()).isEqualTo(404);
    // What is built in is not so lenient.
    assertThat(api.get("/api/v1/namespaces/default/status/x").code()).isEqualTo(404);
    assertThat(api.get("/api/v1/nodes/none/status/x").message())
        .isEqualTo("the server could not find the requested resource");
  }

  @Test
  void whatIsPutTellsItsKindBeforeItIsLookedUp() {
    Answer answer = api.call("PUT", PATHS + "/none", "application/json", "{}");
    assertThat(answer.code()).isEqualTo(400);
    assertThat(answer.message())
        .isEqualTo(
            "the object provided is unrecognized (must be of type Lane): Object 'Kind' is missing"
                + " in '{}' ({})");
  }

  @Test
  void aScaleWithoutANameScalesNothing() {
    Answer answer = api.call("PUT", PATHS + "/l/scale", "application/json", "{}");
    assertThat(answer.code()).isEqualTo(400);
    assertThat(answer.message())
        .isEqualTo(
            "the name of the object (l based on URL) was undeterminable: name must be provided");
    assertThat(api.get(PATHS + "/l").body().at("/spec/replicas").asInt()).isEqualTo(3);
  }

  @Test
  void aWatchSpeaksOneOfTheObjectsFormsFirst() {
    String objects =
        "only the following media types are accepted: application/json, application/yaml,"
            + " application/vnd.kubernetes.protobuf";
    assertThat(api.call("GET", PATHS + "?watch=1", "", "text/html", "").message())
        .isEqualTo(objects);
    Exchanged yaml = api.exchange("GET", PATHS + "?watch=1", "", "application/yaml", new byte[0]);
    assertThat(yaml.code()).isEqualTo(406);
    assertThat(new String(yaml.bytes(), UTF_8)).contains("application/json;stream=watch");
  }
}
