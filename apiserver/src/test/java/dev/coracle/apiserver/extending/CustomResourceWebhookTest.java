package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Webhooks on custom resources and on their definitions. */
class CustomResourceWebhookTest {

  private static final String GROUP = "/apis/admissionregistration.k8s.io/v1/";
  private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String THINGS = "/apis/hooks.example.com/v1/namespaces/default/things";

  @TempDir static Path dir;
  private static TestServer server;
  private static TestApi api;
  private static WebhookServer hooks;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    api = new TestApi(server);
    hooks = new WebhookServer(server.vertx(), server.pki());
    hooks.behindService(api);
    api.post(CRDS, definition("things", "Thing", true)).ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(THINGS).code() == 200);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @AfterEach
  void forget() {
    api.delete(GROUP + "mutatingwebhookconfigurations").ok();
    api.delete(GROUP + "validatingwebhookconfigurations").ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> !api.post(THINGS + "?dryRun=All", thing("settled", "")).ok().body().has("x"));
  }

  private static String definition(String plural, String kind, boolean v1Stored) {
    String schema =
        "schema: {openAPIV3Schema: {type: object, properties: {data: {type: object,"
            + " additionalProperties: {type: string}}, x: {type: string}}}}";
    return "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: "
        + plural
        + ".hooks.example.com}, spec: {group: hooks.example.com, scope: Namespaced, names: {plural:"
        + " "
        + plural
        + ", kind: "
        + kind
        + ", singular: "
        + plural
        + "1, listKind: "
        + kind
        + "List}, versions: [{name: v1, served: true, storage: "
        + v1Stored
        + ", "
        + schema
        + "}, {name: v2, served: true, storage: "
        + !v1Stored
        + ", "
        + schema
        + "}]}}";
  }

  private static String thing(String name, String data) {
    return "{apiVersion: hooks.example.com/v1, kind: Thing, metadata: {name: "
        + name
        + "}, data: {"
        + data
        + "}}";
  }

  private static void register(String kind, String client, String group, String resources) {
    api.post(
            GROUP + kind.toLowerCase(java.util.Locale.ROOT) + "webhookconfigurations",
            "{apiVersion: admissionregistration.k8s.io/v1, kind: "
                + kind
                + "WebhookConfiguration, metadata: {name: it}, webhooks: [{name: it.example.com,"
                + " clientConfig: "
                + client
                + ", sideEffects: None, admissionReviewVersions: [v1], rules: [{apiGroups: ["
                + group
                + "], apiVersions: [\"*\"], operations: [CREATE, UPDATE, DELETE], resources: ["
                + resources
                + "]}]}]}")
        .ok();
  }

  private static String marks() {
    return hooks.on(
        "/marks",
        asked ->
            asked.path("operation").asText().equals("DELETE")
                ? WebhookServer.allow()
                : WebhookServer.patch(
                    "[{\"op\":\"add\",\"path\":\"/x\",\"value\":\"marked\"},"
                        + "{\"op\":\"add\",\"path\":\"/unknown\",\"value\":\"pruned\"}]"));
  }

  private static JsonNode marked(String name) {
    JsonNode[] last = new JsonNode[1];
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          last[0] = api.post(THINGS + "?dryRun=All", thing(name, "a: b")).ok().body();
          assertThat(last[0].path("x").asText()).isEqualTo("marked");
        });
    return last[0];
  }

  /** Adds the next stage where this one is reached. */
  private static String stage(String reached, String next) {
    return hooks.on(
        "/" + next,
        asked ->
            asked.path("object").path("data").path(reached).asText("").equals("yes")
                ? WebhookServer.patch(
                    "[{\"op\":\"add\",\"path\":\"/data/" + next + "\",\"value\":\"yes\"}]")
                : WebhookServer.allow());
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate custom resource"
          + " [Conformance]")
  void customResourcesAreMutatedStageByStage() {
    String common =
        ", sideEffects: None, admissionReviewVersions: [v1], rules: [{apiGroups:"
            + " [hooks.example.com], apiVersions: [\"*\"], operations: [CREATE], resources:"
            + " [things]}]}";
    api.post(
            GROUP + "mutatingwebhookconfigurations",
            "{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration,"
                + " metadata: {name: stages}, webhooks: [{name: one.example.com, clientConfig: "
                + stage("mutation-start", "mutation-stage-1")
                + common
                + ", {name: two.example.com, clientConfig: "
                + stage("mutation-stage-1", "mutation-stage-2")
                + common
                + "]}")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    api.post(THINGS + "?dryRun=All", thing("stages", "mutation-start: \"yes\""))
                        .ok()
                        .body()
                        .path("data")
                        .toString())
                .isEqualTo(
                    "{\"mutation-start\":\"yes\",\"mutation-stage-1\":\"yes\","
                        + "\"mutation-stage-2\":\"yes\"}"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate custom resource"
          + " with pruning [Conformance]")
  void mutatedCustomResourcesArePruned() {
    register("Mutating", marks(), "hooks.example.com", "things");
    JsonNode thing = marked("pruned");
    assertThat(thing.has("unknown")).isFalse();
    assertThat(thing.path("data").path("a").asText()).isEqualTo("b");
    JsonNode stored = api.post(THINGS, thing("pruned", "a: b")).ok().body();
    assertThat(stored.path("x").asText()).isEqualTo("marked");
    assertThat(stored.has("unknown")).isFalse();
    assertThat(api.get(THINGS + "/pruned").ok().body().has("unknown")).isFalse();
    api.delete(THINGS + "/pruned").ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate custom resource"
          + " with different stored version [Conformance]")
  void mutatesWithAnotherStoredVersion() {
    api.post(THINGS, thing("versions", "a: b")).ok();
    register("Mutating", marks(), "hooks.example.com", "things");
    marked("settles");
    JsonNode definition = api.get(CRDS + "/things.hooks.example.com").ok().body().deepCopy();
    for (JsonNode v : definition.path("spec").path("versions")) {
      ((com.fasterxml.jackson.databind.node.ObjectNode) v)
          .put("storage", v.path("name").asText().equals("v2"));
    }
    api.put(CRDS + "/things.hooks.example.com", definition).ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          JsonNode patched = api.merge(THINGS + "/versions", "{data: {c: d}}").ok().body();
          assertThat(patched.path("x").asText()).isEqualTo("marked");
          assertThat(patched.path("data").toString()).isEqualTo("{\"a\":\"b\",\"c\":\"d\"}");
          assertThat(patched.path("apiVersion").asText()).isEqualTo("hooks.example.com/v1");
        });
    api.delete(THINGS + "/versions").ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to deny custom"
          + " resource creation, update and deletion [Conformance]")
  void deniesCustomResources() {
    api.post(THINGS, thing("kept", "keep: me")).ok();
    String client =
        hooks.on(
            "/things",
            asked -> {
              String data = asked.path("object").path("data").path("is").asText("");
              boolean kept = asked.path("oldObject").path("data").has("keep");
              return data.equals("bad") || asked.path("operation").asText().equals("DELETE") && kept
                  ? WebhookServer.deny("the custom resource contains unwanted data")
                  : WebhookServer.allow();
            });
    register("Validating", client, "hooks.example.com", "things");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(api.post(THINGS + "?dryRun=All", thing("bad", "is: bad")).message())
                .isEqualTo(
                    "admission webhook \"it.example.com\" denied the request: the custom resource"
                        + " contains unwanted data"));
    assertThat(api.merge(THINGS + "/kept", "{data: {is: bad}}").message())
        .contains("contains unwanted data");
    assertThat(api.delete(THINGS + "/kept").message()).contains("contains unwanted data");
    api.merge(THINGS + "/kept", "{data: {keep: null}}").ok();
    api.delete(THINGS + "/kept").ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should deny crd creation"
          + " [Conformance]")
  void deniesDefinitions() {
    String client =
        hooks.on(
            "/crds",
            asked ->
                asked.path("object").path("metadata").path("name").asText("").startsWith("denied")
                    ? WebhookServer.deny("the crd contains unwanted label")
                    : WebhookServer.allow());
    register("Validating", client, "apiextensions.k8s.io", "customresourcedefinitions");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    api.post(CRDS + "?dryRun=All", definition("denied", "Denied", true)).message())
                .contains("denied the request: the crd contains unwanted label"));
    assertThat(api.post(CRDS, definition("denied", "Denied", true)).code()).isEqualTo(400);
    assertThat(api.get(CRDS + "/denied.hooks.example.com").code()).isEqualTo(404);
  }
}
