package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.TestApi.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who writes a Scale owns the number of replicas, and may not take it unasked by an apply. */
@ExtendWith(OwnServer.class)
class ScaleOwnershipTest {

  private static final String BUILT_IN = "/apis/apps/v1/namespaces/default/deployments/owned";
  private static final String CUSTOM = "/apis/owned.example.com/v1/namespaces/default/fleets/owned";

  private static final String APPLY = "application/apply-patch+yaml";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
    api.post(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            """
            metadata: {name: fleets.owned.example.com}
            spec:
              group: owned.example.com
              scope: Namespaced
              names: {plural: fleets, kind: Fleet}
              versions:
              - name: v1
                served: true
                storage: true
                subresources:
                  scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
                schema:
                  openAPIV3Schema:
                    type: object
                    properties:
                      spec:
                        type: object
                        properties: {replicas: {type: integer, minimum: 1}, paused: {type: boolean}}
            """)
        .ok();
    String list = CUSTOM.substring(0, CUSTOM.lastIndexOf('/'));
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(list).code() == 200);
  }

  @BeforeEach
  void made() {
    api.delete(BUILT_IN);
    api.delete(CUSTOM);
    await().until(() -> api.get(BUILT_IN).code() == 404 && api.get(CUSTOM).code() == 404);
    apply(
            BUILT_IN,
            "owner",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: owned},"
                + " spec: {paused: true, replicas: 2, selector: {matchLabels: {a: b}},"
                + " template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}")
        .ok();
    apply(
            CUSTOM,
            "owner",
            "{apiVersion: owned.example.com/v1, kind: Fleet, metadata: {name: owned},"
                + " spec: {paused: true, replicas: 2}}")
        .ok();
  }

  private static Answer apply(String path, String manager, String body) {
    String at = path + (path.contains("?") ? "&" : "?") + "fieldManager=" + manager;
    return api.call("PATCH", at, APPLY, TestApi.tree(body).toString());
  }

  private static String scale(String spec) {
    return "{apiVersion: autoscaling/v1, kind: Scale, metadata: {name: owned}, spec: " + spec + "}";
  }

  /** Of those that own the number: manager, operation, version and subresource. */
  private static List<String> owners(String path) {
    List<String> out = new ArrayList<>();
    for (JsonNode entry : api.get(path).ok().body().at("/metadata/managedFields")) {
      if (entry.at("/fieldsV1/f:spec").has("f:replicas")) {
        out.add(
            String.join(
                " ",
                entry.path("manager").asText(),
                entry.path("operation").asText(),
                entry.path("apiVersion").asText(),
                entry.path("subresource").asText()));
      }
    }
    return out;
  }

  private static String version(String path) {
    return path.equals(CUSTOM) ? "owned.example.com/v1" : "apps/v1";
  }

  @ParameterizedTest
  @ValueSource(strings = {BUILT_IN, CUSTOM})
  void applyingAnotherNumberConflictsWithWhoOwnsIt(String path) {
    Answer answer = apply(path + "/scale", "scaler", scale("{replicas: 5}"));
    assertThat(answer.code()).isEqualTo(409);
    assertThat(answer.message())
        .isEqualTo("Apply failed with 1 conflict: conflict with \"owner\": .spec.replicas");
    assertThat(owners(path)).containsExactly("owner Apply " + version(path) + " ");
    assertThat(api.get(path).body().at("/spec/replicas").asInt()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {BUILT_IN, CUSTOM})
  void applyingWithForceTakesTheNumberAlone(String path) {
    Answer answer = apply(path + "/scale?force=true", "scaler", scale("{replicas: 5}"));
    assertThat(answer.ok().body().at("/spec/replicas").asInt()).isEqualTo(5);
    assertThat(owners(path)).containsExactly("scaler Apply " + version(path) + " scale");
    JsonNode first = api.get(path).body().at("/metadata/managedFields/0");
    assertThat(first.path("manager").asText()).isEqualTo("owner");
    assertThat(first.at("/fieldsV1/f:spec").has("f:paused")).isTrue();

    Answer again = apply(path + "/scale", "another", scale("{replicas: 6}"));
    assertThat(again.message())
        .isEqualTo(
            "Apply failed with 1 conflict: conflict with \"scaler\" with subresource \"scale\":"
                + " .spec.replicas");
    apply(path + "/scale", "scaler", scale("{replicas: 7}")).ok();
    assertThat(api.get(path).body().at("/spec/replicas").asInt()).isEqualTo(7);
  }

  @ParameterizedTest
  @ValueSource(strings = {BUILT_IN, CUSTOM})
  void applyingTheSameNumberSharesIt(String path) {
    apply(path + "/scale", "scaler", scale("{replicas: 2}")).ok();
    assertThat(owners(path))
        .containsExactlyInAnyOrder(
            "owner Apply " + version(path) + " ", "scaler Apply " + version(path) + " scale");
    // Who gives up what somebody else still owns changes nothing.
    apply(path + "/scale", "scaler", scale("{}")).ok();
    assertThat(owners(path)).containsExactly("owner Apply " + version(path) + " ");
    assertThat(api.get(path).body().at("/spec/replicas").asInt()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {BUILT_IN, CUSTOM})
  void aPatchTakesTheNumber(String path) {
    api.call(
            "PATCH",
            path + "/scale?fieldManager=patcher",
            "application/json-patch+json",
            "[{\"op\":\"test\",\"path\":\"/metadata/managedFields/0/manager\",\"value\":\"owner\"},"
                + "{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":4}]")
        .ok();
    assertThat(owners(path)).containsExactly("patcher Update " + version(path) + " scale");
    Answer answer = apply(path + "/scale", "scaler", scale("{replicas: 5}"));
    assertThat(answer.message())
        .isEqualTo(
            "Apply failed with 1 conflict: conflict with \"patcher\" with subresource \"scale\""
                + " using autoscaling/v1: .spec.replicas");
  }

  @ParameterizedTest
  @ValueSource(strings = {BUILT_IN, CUSTOM})
  void thatOwnersAreForgottenIsNothingAScaleCanAskFor(String path) {
    api.merge(path + "/scale", "{\"metadata\":{\"managedFields\":[{}]}}").ok();
    assertThat(owners(path)).containsExactly("owner Apply " + version(path) + " ");
  }

  @Test
  void aConfigurationIsAScaleOfThisObject() {
    assertThat(apply(CUSTOM + "/scale", "m", "{apiVersion: owned.example.com/v1, kind: Fleet}"))
        .returns(400, Answer::code)
        .returns("invalid object type: owned.example.com/v1, Kind=Fleet", Answer::message);
    assertThat(apply(CUSTOM + "/scale", "m", scale("{replicas: 2, size: 1}")))
        .returns(400, Answer::code)
        .returns(
            "failed to create typed patch object (/owned; autoscaling/v1, Kind=Scale):"
                + " .spec.size: field not declared in schema",
            Answer::message);
    String other = scale("{replicas: 2}").replace("name: owned", "name: other");
    assertThat(apply(CUSTOM + "/scale", "m", other))
        .returns(400, Answer::code)
        .returns(
            "the name of the object (other) does not match the name on the URL (owned)",
            Answer::message);
    String elsewhere = scale("{replicas: 2}").replace("name: owned", "name: owned, namespace: x");
    assertThat(apply(CUSTOM + "/scale", "m", elsewhere))
        .returns(400, Answer::code)
        .returns(
            "the namespace of the provided object does not match the namespace sent on the request",
            Answer::message);
  }

  @Test
  void aCustomResourceThatHasNoNumberIsGivenOne() {
    api.merge(CUSTOM, "{\"spec\":{\"replicas\":null}}").ok();
    assertThat(api.merge(CUSTOM + "/scale", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"))
        .returns(400, Answer::code)
        .returns("the spec replicas field \".spec.replicas\" cannot be empty", Answer::message);
    api.merge(CUSTOM + "/scale", "{\"spec\":{\"replicas\":3}}").ok();
    assertThat(api.get(CUSTOM).body().at("/spec/replicas").asInt()).isEqualTo(3);
  }

  @Test
  void aNumberIsHeldToTheCustomResourcesSchemaToo() {
    assertThat(api.merge(CUSTOM + "/scale", "{\"spec\":{\"replicas\":-1}}"))
        .returns(422, Answer::code)
        .returns(
            "Fleet.owned.example.com \"owned\" is invalid: [spec.replicas: Invalid value: -1:"
                + " spec.replicas in body should be greater than or equal to 1, .spec.replicas:"
                + " Invalid value: -1: should be a non-negative integer]",
            Answer::message);
    assertThat(api.merge(BUILT_IN + "/scale", "{\"spec\":{\"replicas\":-1}}"))
        .returns(422, Answer::code)
        .returns(
            "Scale.autoscaling \"owned\" is invalid: spec.replicas: Invalid value: -1: must be"
                + " greater than or equal to 0",
            Answer::message);
  }

  /** In a patch of a Scale; put, it is a precondition of both. */
  @Test
  void theUidIsThatOfTheObjectWhereItIsBuiltIn() {
    String patch = "{\"metadata\":{\"uid\":\"x\"},\"spec\":{\"replicas\":3}}";
    assertThat(api.merge(BUILT_IN + "/scale", patch).message())
        .startsWith(
            "Operation cannot be fulfilled on deployments/scale.apps \"owned\": Precondition failed:"
                + " UID in precondition: x, UID in object meta: ");
    api.merge(CUSTOM + "/scale", patch).ok();
  }
}
