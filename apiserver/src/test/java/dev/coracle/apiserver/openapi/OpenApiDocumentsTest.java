package dev.coracle.apiserver.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.schema.CustomResources;
import dev.coracle.api.schema.Scheme;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenApiDocumentsTest {

  private static final String CRON_TAB =
      """
      {"spec":{"group":"stable.example.com","scope":"Namespaced","names":{"plural":"crontabs","kind":"CronTab"},
       "versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},
        "schema":{"openAPIV3Schema":{"type":"object","description":"A tab","properties":{"spec":{"type":"object",
         "properties":{"cron":{"type":"string","nullable":true}}}}}}}]}}\
      """;

  private final Scheme scheme = Scheme.builtIn();
  private final OpenApiDocuments documents = new OpenApiDocuments(scheme, "v1.36.0");

  private static JsonNode json(OpenApiDocument document) {
    return Json.parse(document.plain());
  }

  private void define(String crd) {
    scheme.put(
        new GroupResource("stable.example.com", "crontabs"),
        CustomResources.definitions(Json.parseObject(crd)));
  }

  /** JSONSchemaProps has a field of that name, which is none. */
  private static List<String> references(JsonNode document) {
    return document.findValues("$ref").stream()
        .filter(JsonNode::isTextual)
        .map(JsonNode::asText)
        .toList();
  }

  @Test
  void indexPointsAtEveryGroupVersionByHash() {
    JsonNode paths = json(documents.index()).path("paths");
    String url = paths.path("apis/apps/v1").path("serverRelativeURL").asText();
    assertThat(url).startsWith("/openapi/v3/apis/apps/v1?hash=");
    assertThat(url).endsWith(documents.hashOf("apis/apps/v1").orElseThrow());
    assertThat(paths.path("api/v1").isObject()).isTrue();
    assertThat(documents.isReady("apis/apps/v1")).isFalse();
    assertThat(documents.groupVersion("apis/nope/v1")).isEmpty();
  }

  @Test
  void aGroupVersionHasWhatKubectlLooksFor() {
    JsonNode apps = json(documents.groupVersion("apis/apps/v1").orElseThrow());
    assertThat(documents.isReady("apis/apps/v1")).isTrue();
    JsonNode patch =
        apps.path("paths")
            .path("/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
            .path("patch");
    assertThat(patch.path("x-kubernetes-group-version-kind").path("kind").asText())
        .isEqualTo("Deployment");
    assertThat(patch.path("parameters").findValuesAsText("name"))
        .contains("fieldValidation", "dryRun", "fieldManager", "force");
    JsonNode schemas = apps.path("components").path("schemas");
    JsonNode deployment = schemas.path("io.k8s.api.apps.v1.Deployment");
    assertThat(deployment.path("description").asText()).contains("declarative updates");
    assertThat(deployment.at("/x-kubernetes-group-version-kind/0/group").asText())
        .isEqualTo("apps");
    assertThat(deployment.at("/properties/spec/allOf/0/$ref").asText())
        .isEqualTo("#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec");
    JsonNode containers =
        schemas.path("io.k8s.api.core.v1.PodSpec").path("properties").path("containers");
    assertThat(containers.path("x-kubernetes-patch-merge-key").asText()).isEqualTo("name");
    assertThat(containers.path("x-kubernetes-list-type").asText()).isEqualTo("map");
  }

  @Test
  void everyReferenceResolvesInEveryDocument() {
    JsonNode index = json(documents.index()).path("paths");
    index
        .fieldNames()
        .forEachRemaining(path -> {
          JsonNode d = json(documents.groupVersion(path).orElseThrow());
          JsonNode schemas = d.path("components").path("schemas");
          for (String ref : references(d)) {
            String name = ref.substring("#/components/schemas/".length());
            assertThat(schemas.has(name)).as(path + " " + name).isTrue();
          }
        });
    JsonNode v2 = json(documents.v2());
    for (String ref : references(v2)) {
      assertThat(v2.path("definitions").has(ref.substring("#/definitions/".length())))
          .as(ref)
          .isTrue();
    }
    assertThat(v2.path("swagger").asText()).isEqualTo("2.0");
  }

  @Test
  void everyBuiltInDefinitionAndEveryFieldIsDescribed() {
    List<String> mute = new ArrayList<>();
    json(documents.v2())
        .path("definitions")
        .forEachEntry((name, definition) -> {
          if (!definition.hasNonNull("description")) {
            mute.add(name);
          }
          definition
              .path("properties")
              .forEachEntry((field, schema) -> {
                if (!schema.hasNonNull("description")) {
                  mute.add(name + "." + field);
                }
              });
        });
    assertThat(mute).isEmpty();
  }

  /** What the author of a schema leaves to Kubernetes' own extensions is written out. */
  @Test
  void wholeObjectsAndEitherTypeAreDescribed() {
    define(
        CRON_TAB.replace(
            "{\"cron\":",
            "{\"port\":{\"x-kubernetes-int-or-string\":true},"
                + "\"whole\":{\"type\":\"object\",\"x-kubernetes-embedded-resource\":true,"
                + "\"required\":[\"kind\"]},"
                + "\"open\":{\"type\":\"object\",\"required\":[\"a\"],"
                + "\"x-kubernetes-preserve-unknown-fields\":true},\"cron\":"));
    String name = "com.example.stable.v1.CronTab";
    JsonNode schemas =
        json(documents.groupVersion("apis/stable.example.com/v1").orElseThrow())
            .at("/components/schemas");
    JsonNode spec = schemas.path(name).at("/properties/spec/properties");
    assertThat(spec.at("/port/anyOf").findValuesAsText("type"))
        .containsExactly("integer", "string");
    JsonNode whole = spec.path("whole");
    assertThat(whole.at("/properties/metadata/allOf/0/$ref").asText()).endsWith("ObjectMeta");
    assertThat(whole.at("/properties/kind/type").asText()).isEqualTo("string");
    assertThat(whole.path("required"))
        .extracting(JsonNode::asText)
        .containsExactly("kind", "apiVersion");
    JsonNode list = schemas.path(name + "List");
    assertThat(list.path("description").asText()).isEqualTo("CronTabList is a list of CronTab");
    assertThat(list.at("/properties/metadata/allOf/0/$ref").asText()).endsWith("ListMeta");
    JsonNode open =
        json(documents.v2()).path("definitions").path(name).at("/properties/spec/properties/open");
    assertThat(open.at("/required/0").asText()).isEqualTo("a");
    assertThat(open.has("type")).isFalse();
  }

  @Test
  void customResourcesComeAndChangeTheirHash() {
    String before = documents.index().etag();
    define(CRON_TAB);
    assertThat(documents.index().etag()).isNotEqualTo(before);
    JsonNode d = json(documents.groupVersion("apis/stable.example.com/v1").orElseThrow());
    JsonNode type = d.path("components").path("schemas").path("com.example.stable.v1.CronTab");
    assertThat(type.path("description").asText()).isEqualTo("A tab");
    assertThat(type.at("/properties/spec/properties/cron/nullable").asBoolean()).isTrue();
    assertThat(type.at("/properties/apiVersion/description").asText())
        .contains("APIVersion defines");
    assertThat(type.at("/properties/metadata/description").asText())
        .contains("Standard object's metadata");
    assertThat(type.at("/properties/metadata/allOf/0/$ref").asText()).endsWith("ObjectMeta");
    assertThat(
            d.path("paths")
                .has("/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}/status"))
        .isTrue();
    JsonNode v2 = json(documents.v2()).path("definitions").path("com.example.stable.v1.CronTab");
    assertThat(v2.at("/properties/spec/properties/cron").has("nullable")).isFalse();
  }

  /** Upstream: apiextensions-apiserver, field selectors in OpenAPI. */
  @Test
  void fieldsThatSelectAreTold() {
    ObjectNode crd = Json.parseObject(CRON_TAB);
    ArrayNode fields = ((ObjectNode) crd.at("/spec/versions/0")).putArray("selectableFields");
    fields.addObject().put("jsonPath", ".spec.cron");
    define(crd.toString());
    JsonNode v3 = json(documents.groupVersion("apis/stable.example.com/v1").orElseThrow());
    JsonNode v2 = json(documents.v2());
    for (JsonNode type :
        List.of(
            v3.at("/components/schemas/com.example.stable.v1.CronTab"),
            v2.at("/definitions/com.example.stable.v1.CronTab"))) {
      assertThat(type.path("x-kubernetes-selectable-fields").toString())
          .isEqualTo("[{\"fieldPath\":\"spec.cron\"}]");
    }
  }

  /** Upstream: test/integration/apiserver/openapi, enums; kubectl explain shows them. */
  @ParameterizedTest
  @CsvSource({
    "PodSpec, restartPolicy, '', 'Always,Never,OnFailure'",
    "HostPathVolumeSource, type, '', ',BlockDevice,CharDevice,Directory,DirectoryOrCreate,File,FileOrCreate,Socket'",
    "PersistentVolumeClaimSpec, accessModes, /items, 'ReadOnlyMany,ReadWriteMany,ReadWriteOnce,ReadWriteOncePod'",
    "PersistentVolumeClaimStatus, allocatedResourceStatuses, /additionalProperties, 'ControllerResizeInProgress,ControllerResizeInfeasible,NodeResizeInProgress,NodeResizeInfeasible,NodeResizePending'",
    "PodSpec, nodeName, '', "
  })
  void whatAFieldMayBeIsTold(String kind, String field, String below, @Nullable String values) {
    JsonNode v3 = json(documents.groupVersion("api/v1").orElseThrow());
    JsonNode v2 = json(documents.v2());
    String type = "io.k8s.api.core.v1." + kind + "/properties/" + field;
    for (JsonNode schema :
        List.of(v3.at("/components/schemas/" + type), v2.at("/definitions/" + type))) {
      List<String> told = new ArrayList<>();
      schema.at(below + "/enum").forEach(value -> told.add(value.asText()));
      assertThat(values == null ? "" : values).isEqualTo(String.join(",", told));
      boolean text = values != null && below.isEmpty();
      assertThat(schema.path("description").asText().contains("\n\nPossible enum values:\n - `\""))
          .isEqualTo(text);
    }
  }

  /** {@code kubectl apply} chooses by them how it patches. */
  @Test
  void onlyBuiltInKindsTakeStrategicMergePatches() {
    define(CRON_TAB);
    for (String path : List.of("crontabs/{name}", "crontabs/{name}/status")) {
      String whole = "/apis/stable.example.com/v1/namespaces/{namespace}/" + path;
      JsonNode v2 = json(documents.v2()).path("paths").path(whole).path("patch").path("consumes");
      assertThat(v2)
          .extracting(JsonNode::asText)
          .containsExactly(
              "application/json-patch+json",
              "application/merge-patch+json",
              "application/apply-patch+yaml");
      JsonNode v3 = json(documents.groupVersion("apis/stable.example.com/v1").orElseThrow());
      JsonNode content = v3.path("paths").path(whole).at("/patch/requestBody/content");
      assertThat(content.properties())
          .extracting(Map.Entry::getKey)
          .containsExactlyElementsOf(v2.valueStream().map(JsonNode::asText).toList());
    }
  }

  /** Programs make a client's methods of these. */
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          get    | /apis/apps/v1/deployments                                      | listAppsV1DeploymentForAllNamespaces                  | list or watch objects of kind Deployment
          get    | /apis/apps/v1/namespaces/{namespace}/deployments               | listAppsV1NamespacedDeployment                        | list or watch objects of kind Deployment
          delete | /apis/apps/v1/namespaces/{namespace}/deployments               | deleteAppsV1CollectionNamespacedDeployment            | delete collection of Deployment
          put    | /apis/apps/v1/namespaces/{namespace}/deployments/{name}/status | replaceAppsV1NamespacedDeploymentStatus               | replace status of the specified Deployment
          get    | /api/v1/componentstatuses                                      | listCoreV1ComponentStatus                             | list objects of kind ComponentStatus
          post   | /api/v1/namespaces/{namespace}/endpoints                       | createCoreV1NamespacedEndpoints                       | create Endpoints
          post   | /api/v1/namespaces/{namespace}/pods/{name}/eviction            | createCoreV1NamespacedPodEviction                     | create eviction of a Pod
          post   | /api/v1/namespaces/{namespace}/pods/{name}/exec                | connectCoreV1PostNamespacedPodExec                    | connect POST requests to exec of Pod
          head   | /api/v1/nodes/{name}/proxy/{path}                              | connectCoreV1HeadNodeProxyWithPath                    | connect HEAD requests to proxy of Node
          get    | /api/v1/namespaces/{namespace}/pods/{name}/log                 | readCoreV1NamespacedPodLog                            | read log of the specified Pod
          get    | /api/v1/watch/configmaps                                       | watchCoreV1ConfigMapListForAllNamespaces              | watch individual changes to a list of ConfigMap. deprecated: use the 'watch' parameter with a list operation instead.
          delete | /apis/rbac.authorization.k8s.io/v1/clusterroles/{name}         | deleteRbacAuthorizationV1ClusterRole                  | delete a ClusterRole
          get    | /apis/rbac.authorization.k8s.io/                               | getRbacAuthorizationAPIGroup                          | get information of a group
          get    | /apis/apps/v1/                                                 | getAppsV1APIResources                                 | get available resources
          patch  | /apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name} | patchStableExampleComV1NamespacedCronTab          | partially update the specified CronTab
          """,
      delimiter = '|')
  void operationsHaveKubernetesNames(String method, String path, String id, String description) {
    define(CRON_TAB);
    JsonNode operation = json(documents.v2()).path("paths").path(path).path(method);
    assertThat(operation.path("operationId").asText()).isEqualTo(id);
    assertThat(operation.path("description").asText()).isEqualTo(description);
  }

  @Test
  void noTwoOperationsHaveTheSameName() {
    define(CRON_TAB);
    assertThat(json(documents.v2()).findValuesAsText("operationId"))
        .hasSizeGreaterThan(1000)
        .doesNotHaveDuplicates();
  }

  @Test
  void whatAllOperationsOfAPathTakeStandsAtThePath() {
    JsonNode paths = json(documents.v2()).path("paths");
    JsonNode item = paths.path("/api/v1/namespaces/{namespace}/pods/{name}");
    assertThat(item.path("parameters").findValuesAsText("name"))
        .containsExactly("name", "namespace", "pretty");
    assertThat(item.at("/get/parameters").isMissingNode()).isTrue();
    assertThat(item.at("/put/parameters").findValuesAsText("name"))
        .containsExactly("dryRun", "fieldManager", "fieldValidation", "body");
    JsonNode log = paths.path("/api/v1/namespaces/{namespace}/pods/{name}/log");
    assertThat(log.path("parameters").findValuesAsText("name")).contains("follow", "tailLines");
    assertThat(log.at("/get/responses/200/schema/type").asText()).isEqualTo("string");
    assertThat(log.at("/get/produces/0").asText()).isEqualTo("text/plain");
  }

  @Test
  void version2AlsoComesAsProtobuf() throws Exception {
    OpenApiDocument document = documents.v2Protobuf();
    assertThat(OpenApiDocuments.wantsProtobuf(document.contentType())).isTrue();
    List<Integer> fields = new java.util.ArrayList<>();
    java.nio.ByteBuffer in = java.nio.ByteBuffer.wrap(document.plain());
    while (in.hasRemaining()) {
      int tag = varint(in);
      assertThat(tag & 7).isEqualTo(2);
      int length = varint(in);
      assertThat(length).isLessThanOrEqualTo(in.remaining());
      if (tag >> 3 == 1) {
        assertThat(
                new String(
                    in.array(), in.position(), length, java.nio.charset.StandardCharsets.UTF_8))
            .isEqualTo("2.0");
      }
      in.position(in.position() + length);
      fields.add(tag >> 3);
    }
    assertThat(fields).containsExactly(1, 2, 8, 9);
  }

  private static int varint(java.nio.ByteBuffer in) {
    int value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }
}
