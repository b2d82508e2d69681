package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is special about writing and deleting CustomResourceDefinitions, and their objects'
 * subresources.
 */
@ExtendWith(OwnServer.class)
class DefinitionWritesTest {

  private static final String DEFINITIONS =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String WIDGETS = "/apis/writes.example.com/v1/namespaces/default/widgets";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
    define("widgets", "Widget");
    await().until(() -> api.get(WIDGETS).code() == 200);
    api.post(WIDGETS, widget("none", 0)).ok();
    api.post(WIDGETS, widget("two", 2)).ok();
  }

  private static void define(String plural, String kind) {
    api.post(
            DEFINITIONS,
            """
            {metadata: {name: %1$s.writes.example.com}, spec: {group: writes.example.com, scope: Namespaced,
             names: {plural: %1$s, kind: %2$s}, versions: [{name: v1, served: true, storage: true,
             subresources: {status: {}, scale: {specReplicasPath: .spec.r, statusReplicasPath: .status.r}},
             schema: {openAPIV3Schema: {type: object, properties: {
               spec: {type: object, properties: {r: {type: integer}}},
               status: {type: object, properties: {q: {type: string, pattern: ^g}, r: {type: integer},
                 any: {type: object, properties: {x: {anyOf: [{minimum: 1}, {minimum: 2}], type: integer}}}}}}}}}]}}
            """
                .formatted(plural, kind))
        .ok();
  }

  private static String widget(String name, int replicas) {
    return "{apiVersion: writes.example.com/v1, kind: Widget, metadata: {name: %s}, spec: {r: %d}}"
        .formatted(name, replicas);
  }

  @Test
  void hasTheVersionObjectsAreStoredInWhereStoredVersionsAreWrittenEmpty() {
    String status = DEFINITIONS + "/widgets.writes.example.com/status?dryRun=All";
    for (String written : new String[] {"[]", "null"}) {
      JsonNode now =
          api.merge(status, "{\"status\":{\"storedVersions\":" + written + "}}").ok().body();
      assertThat(now.at("/status/storedVersions")).hasToString("[\"v1\"]");
    }
  }

  @Test
  void isMarkedByItsFirstDeleteAndNothingElse() {
    define("gadgets", "Gadget");
    String path = DEFINITIONS + "/gadgets.writes.example.com";
    JsonNode marked =
        api.call(
                "DELETE",
                path + "?dryRun=All",
                "application/json",
                "{\"propagationPolicy\":\"Foreground\",\"gracePeriodSeconds\":5}")
            .ok()
            .body();
    assertThat(marked.at("/metadata/finalizers"))
        .hasToString("[\"customresourcecleanup.apiextensions.k8s.io\"]");
    assertThat(marked.at("/metadata/generation").asInt()).isEqualTo(1);
    assertThat(marked.path("metadata").has("deletionTimestamp")).isTrue();
    assertThat(marked.path("metadata").has("deletionGracePeriodSeconds")).isFalse();
    assertThat(marked.at("/status/conditions").valueStream())
        .anySatisfy(
            c -> assertThat(c.path("reason").asText()).isEqualTo("InstanceDeletionPending"));
    assertThat(
            api.call("DELETE", path, "application/json", "{\"preconditions\":{\"uid\":\"other\"}}")
                .message())
        .startsWith(
            "Operation cannot be fulfilled on customresourcedefinitions.apiextensions.k8s.io"
                + " \"gadgets.writes.example.com\": Precondition failed: UID in precondition: other,"
                + " UID in object meta: ");
  }

  @Test
  void namesWhatIsWrongInAStatusFromThere() {
    assertThat(api.merge(WIDGETS + "/two/status", "{\"status\":{\"q\":\"bad\"}}").message())
        .endsWith("status.q: Invalid value: \"bad\": q in body should match '^g'");
    assertThat(api.merge(WIDGETS + "/two/status", "{\"status\":{\"any\":{\"x\":0}}}").message())
        .contains("\"any.x\" must validate at least one schema (anyOf)");
  }

  @Test
  void showsNoReplicasAsAutoscalingDoes() {
    JsonNode scale = api.get(WIDGETS + "/none/scale").ok().body();
    assertThat(scale.get("spec")).hasToString("{}");
    assertThat(scale.get("status")).hasToString("{\"replicas\":0}");
  }

  @Test
  void showsAScaleAsATableAndAsMetadata() {
    JsonNode table =
        api.call(
                "GET",
                WIDGETS + "/two/scale",
                "",
                "application/json;as=Table;v=v1;g=meta.k8s.io",
                "")
            .ok()
            .body();
    assertThat(table.at("/columnDefinitions").findValuesAsText("name"))
        .containsExactly("Name", "Desired", "Available", "Age");
    assertThat(table.at("/rows/0/cells/1").asInt()).isEqualTo(2);
    JsonNode metadata =
        api.call(
                "GET",
                WIDGETS + "/two/scale",
                "",
                "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
                "")
            .ok()
            .body();
    assertThat(metadata.path("kind").asText()).isEqualTo("PartialObjectMetadata");
  }

  /**
   * A list has a list's metadata, an object its own, and a client that asks for the other is told
   * so.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/v1/namespaces|PartialObjectMetadata|406|you requested PartialObjectMetadata, but the requested object"
            + " is a list (*core.NamespaceList)",
        "/api/v1/namespaces/default|PartialObjectMetadataList|406|you requested PartialObjectMetadataList, but the"
            + " requested object is not a list (*core.Namespace)",
        WIDGETS
            + "|PartialObjectMetadata|406|you requested PartialObjectMetadata, but the requested object is a list"
            + " (*unstructured.UnstructuredList)",
        WIDGETS + "/two|PartialObjectMetadataList|406|content is not a list",
        WIDGETS
            + "/two/scale|PartialObjectMetadataList|406|you requested PartialObjectMetadataList, but the requested"
            + " object is not a list (*v1.Scale)",
      })
  void metadataIsAskedForByWhatItIsOf(String path, String as, int code, String words) {
    var answer = api.call("GET", path, "", "application/json;as=" + as + ";v=v1;g=meta.k8s.io", "");
    assertThat(answer.code()).isEqualTo(code);
    assertThat(answer.message()).isEqualTo(words);
  }
}
