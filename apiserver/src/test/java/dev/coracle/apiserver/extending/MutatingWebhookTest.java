package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

/** Mutating webhooks, asked by a real server over real TLS. */
class MutatingWebhookTest {

  private static final String CONFIGURATIONS =
      "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
  private static final String MAPS = "/api/v1/namespaces/default/configmaps";

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
    api.post("/api/v1/namespaces/default/serviceaccounts", "metadata: {name: default}").ok();
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @AfterEach
  void forget() {
    api.delete(CONFIGURATIONS).ok();
    mapWith(MAPS, "{metadata: {name: probe}, data: {a: b}}", "{\"a\":\"b\"}");
  }

  private static void register(String name, String... hookTexts) {
    api.post(
            CONFIGURATIONS,
            "{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration,"
                + " metadata: {name: "
                + name
                + "}, webhooks: ["
                + String.join(", ", hookTexts)
                + "]}")
        .ok();
  }

  private static String hook(String name, String client, String group, String res, String more) {
    return "{name: "
        + name
        + ", clientConfig: "
        + client
        + ", sideEffects: None, admissionReviewVersions: [v1], rules: [{apiGroups: [\""
        + group
        + "\"], apiVersions: [\"*\"], operations: [CREATE, UPDATE], resources: ["
        + res
        + "]}]"
        + more
        + "}";
  }

  /** Creates dry until the configurations in force give this data. */
  private static JsonNode mapWith(String path, String map, String data) {
    JsonNode[] last = new JsonNode[1];
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          last[0] = api.post(path + "?dryRun=All", map).ok().body();
          assertThat(last[0].path("data").toString()).isEqualTo(data);
        });
    return last[0];
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate configmap"
          + " [Conformance]")
  void patchesAreAppliedInOrder() {
    String first =
        hooks.on(
            "/one",
            asked ->
                WebhookServer.patch("[{\"op\":\"add\",\"path\":\"/data/one\",\"value\":\"1\"}]"));
    String second =
        hooks.on(
            "/two",
            asked ->
                asked.path("object").path("data").path("one").asText("").equals("1")
                    ? WebhookServer.patch(
                        "[{\"op\":\"add\",\"path\":\"/data/two\",\"value\":\"2\"}]")
                    : WebhookServer.allow());
    register(
        "both",
        hook("one.example.com", first, "", "configmaps", ""),
        hook("two.example.com", second, "", "configmaps", ""));
    JsonNode map =
        mapWith(
            MAPS,
            "{metadata: {name: m}, data: {a: b}}",
            "{\"a\":\"b\",\"one\":\"1\",\"two\":\"2\"}");
    assertThat(map.path("metadata").path("managedFields").toString())
        .as("what admission adds belongs to nobody")
        .contains("f:a")
        .doesNotContain("f:one", "f:two");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate everything"
          + " except 'skip-me' configmaps [Conformance]")
  void matchConditionsLeaveOut() {
    leavesOut(
        ", matchConditions: [{name: skip-me, expression: \"object.metadata.name != 'skip-me'\"}]",
        "name: skip-me");
  }

  @Test
  void objectSelectorLeavesOut() {
    leavesOut(
        ", objectSelector: {matchExpressions: [{key: skip-me, operator: NotIn, values:"
            + " [\"yes\"]}]}",
        "name: other, labels: {skip-me: \"yes\"}");
  }

  /** All are mutated but those with such metadata. */
  private static void leavesOut(String more, String metadata) {
    String client =
        hooks.on(
            "/skip",
            asked ->
                WebhookServer.patch(
                    "[{\"op\":\"add\",\"path\":\"/data/was\",\"value\":\"here\"}]"));
    register("skip", hook("skip.example.com", client, "", "configmaps", more));
    mapWith(MAPS, "{metadata: {name: m}, data: {a: b}}", "{\"a\":\"b\",\"was\":\"here\"}");
    JsonNode skipped = api.post(MAPS, "{metadata: {" + metadata + "}, data: {a: b}}").ok().body();
    assertThat(skipped.path("data").toString()).isEqualTo("{\"a\":\"b\"}");
    JsonNode taken = api.post(MAPS, "{metadata: {name: taken}, data: {a: b}}").ok().body();
    assertThat(taken.path("data").has("was")).isTrue();
    api.delete(MAPS + "/" + skipped.at("/metadata/name").asText()).ok();
    api.delete(MAPS + "/taken").ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] patching/updating a mutating"
          + " webhook should work [Conformance]")
  void operationsMayBeChanged() {
    String client =
        hooks.on(
            "/changed",
            asked ->
                WebhookServer.patch("[{\"op\":\"add\",\"path\":\"/data/stage\",\"value\":\"1\"}]"));
    register("changed", hook("changed.example.com", client, "", "configmaps", ""));
    String map = "{metadata: {name: m}, data: {a: b}}";
    mapWith(MAPS, map, "{\"a\":\"b\",\"stage\":\"1\"}");

    JsonNode configuration = api.get(CONFIGURATIONS + "/changed").ok().body().deepCopy();
    ObjectNode rule = (ObjectNode) configuration.path("webhooks").path(0).path("rules").path(0);
    rule.putArray("operations").add("UPDATE");
    api.put(CONFIGURATIONS + "/changed", configuration).ok();
    mapWith(MAPS, map, "{\"a\":\"b\"}");

    api.call(
            "PATCH",
            CONFIGURATIONS + "/changed",
            "application/json-patch+json",
            "[{\"op\":\"replace\",\"path\":\"/webhooks/0/rules/0/operations\","
                + "\"value\":[\"CREATE\"]}]")
        .ok();
    mapWith(MAPS, map, "{\"a\":\"b\",\"stage\":\"1\"}");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate pod and apply"
          + " defaults after mutation [Conformance]")
  void defaultsFollowMutation() {
    String client =
        hooks.on(
            "/pod",
            asked ->
                WebhookServer.patch(
                    "[{\"op\":\"add\",\"path\":\"/spec/initContainers\",\"value\":[{\"image\":"
                        + "\"webhook-added-image\",\"name\":\"webhook-added-init-container\","
                        + "\"resources\":{}}]},"
                        + "{\"op\":\"add\",\"path\":\"/metadata/uid\",\"value\":\"mine\"}]"));
    register("pod", hook("pod.example.com", client, "", "pods", ""));
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          JsonNode pod =
              api.post(
                      "/api/v1/namespaces/default/pods?dryRun=All",
                      "{metadata: {name: p}, spec: {containers: [{name: c, image: i}]}}")
                  .ok()
                  .body();
          JsonNode added = pod.path("spec").path("initContainers").path(0);
          assertThat(added.path("name").asText()).isEqualTo("webhook-added-init-container");
          assertThat(added.path("terminationMessagePolicy").asText()).isEqualTo("File");
          assertThat(pod.path("metadata").path("uid").asText()).isNotEqualTo("mine");
        });
  }

  @Test
  void whatHasNoNameGetsOneAfterMutation() {
    String client =
        hooks.on(
            "/nameless",
            asked -> {
              JsonNode metadata = asked.path("object").path("metadata");
              String saw = asked.path("name").asText("-") + metadata.path("name").asText("-");
              return WebhookServer.patch(
                  "[{\"op\":\"add\",\"path\":\"/data/saw\",\"value\":\"" + saw + "\"}]");
            });
    register("nameless", hook("nameless.example.com", client, "", "configmaps", ""));
    mapWith(MAPS, "{metadata: {name: m}, data: {a: b}}", "{\"a\":\"b\",\"saw\":\"mm\"}");
    JsonNode made = api.post(MAPS, "{metadata: {generateName: gen-}, data: {a: b}}").ok().body();
    assertThat(made.at("/data/saw").asText()).isIn("--", "-");
    assertThat(made.at("/metadata/name").asText()).matches("gen-[a-z0-9]{5}");
    api.delete(MAPS + "/" + made.at("/metadata/name").asText()).ok();
  }

  @Test
  void aWebhookMayNameWhatIsNew() {
    String client =
        hooks.on(
            "/names",
            asked ->
                WebhookServer.patch(
                    "[{\"op\":\"add\",\"path\":\"/metadata/name\",\"value\":\"by-hook\"},"
                        + "{\"op\":\"add\",\"path\":\"/data/was\",\"value\":\"here\"}]"));
    register("names", hook("names.example.com", client, "", "configmaps", ""));
    JsonNode named =
        mapWith(MAPS, "{metadata: {name: m}, data: {a: b}}", "{\"a\":\"b\",\"was\":\"here\"}");
    assertThat(named.at("/metadata/name").asText()).isEqualTo("by-hook");
    JsonNode made = api.post(MAPS, "{metadata: {generateName: gen-}, data: {a: b}}").ok().body();
    assertThat(made.at("/metadata/name").asText()).isEqualTo("by-hook");
    api.delete(MAPS + "/by-hook").ok();
  }

  @Test
  void aPatchThatDoesNotFitIsTold() {
    String client =
        hooks.on(
            "/misfit",
            asked -> WebhookServer.patch("[{\"op\":\"remove\",\"path\":\"/data/none\"}]"));
    register("misfit", hook("misfit.example.com", client, "", "configmaps", ""));
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    api.post(MAPS + "?dryRun=All", "{metadata: {name: m}, data: {a: b}}").message())
                .isEqualTo(
                    "Internal error occurred: error in remove for path: '/data/none': Unable to"
                        + " remove nonexistent key: none: missing value"));
  }

  /** One that is no patch at all is a failure of the call, which may be ignored. */
  @Test
  void whatIsNoPatchIsAFailedCall() {
    String client = hooks.on("/nopatch", asked -> WebhookServer.patch("{\"data\":{}}"));
    String rest = ", failurePolicy: Fail";
    register("nopatch", hook("nopatch.example.com", client, "", "configmaps", rest));
    String words =
        "failed calling webhook \"nopatch.example.com\": received undecodable patch in webhook"
            + " response: json: cannot unmarshal object into Go value of type jsonpatch.Patch";
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          var told = api.post(MAPS + "?dryRun=All", "{metadata: {name: m}, data: {a: b}}");
          assertThat(told.message()).isEqualTo("Internal error occurred: " + words);
          assertThat(told.body().at("/details/causes/0/message").asText()).isEqualTo(words);
        });
    api.delete(CONFIGURATIONS + "/nopatch").ok();
    register(
        "nopatch",
        hook("nopatch.example.com", client, "", "configmaps", rest.replace("Fail", "Ignore")));
    mapWith(MAPS, "{metadata: {name: m}, data: {a: b}}", "{\"a\":\"b\"}");
  }

  /** An object that is new is called what admission calls it, and stays where it was sent. */
  @Test
  void namesAreGivenAndNamespacesAreNot() {
    String client =
        hooks.on(
            "/rename",
            asked ->
                WebhookServer.patch(
                    asked.at("/object/data/to").isMissingNode()
                        ? "[]"
                        : "[{\"op\":\"add\",\"path\":\"/metadata/"
                            + asked.at("/object/data/field").asText()
                            + "\",\"value\":\""
                            + asked.at("/object/data/to").asText()
                            + "\"}]"));
    register("rename", hook("rename.example.com", client, "", "configmaps", ""));
    String sent = "{metadata: {name: sent}, data: {field: name, to: given}}";
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> api.post(MAPS + "?dryRun=All", sent).ok().body().at("/metadata/name").asText(),
            "given"::equals);
    assertThat(api.post(MAPS, sent).ok().body().at("/metadata/name").asText()).isEqualTo("given");
    assertThat(api.get(MAPS + "/given").code()).isEqualTo(200);
    assertThat(
            api.post(MAPS, "{metadata: {name: other}, data: {field: namespace, to: away}}").code())
        .isEqualTo(400);
    api.delete(MAPS + "/given").ok();
  }

  @Test
  void whatAnObjectIsDoesNotChange() {
    String client =
        hooks.on(
            "/kind",
            asked ->
                WebhookServer.patch(
                    "[{\"op\":\"add\",\"path\":\"/kind\",\"value\":"
                        + asked.at("/object/data/kind")
                        + "}]"));
    register("kind", hook("kind.example.com", client, "", "configmaps", ""));
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    api.post(MAPS + "?dryRun=All", "{metadata: {name: m}, data: {kind: Map}}")
                        .message())
                .isEqualTo(
                    "Map \"m\" is invalid: kind: Invalid value: \"Map\": must be ConfigMap"));
    assertThat(api.post(MAPS, "{metadata: {name: m}, data: {kind: \"\"}}").message())
        .startsWith("Internal error occurred: Object 'Kind' is missing in '{");
    assertThat(
            api.post(MAPS + "?dryRun=All", "{metadata: {name: m}, data: {kind: ConfigMap}}").code())
        .isEqualTo(201);
  }

  /** What is deleted cannot be changed any more. */
  @Test
  void aDeleteIsNotPatched() {
    String client =
        hooks.on(
            "/undelete",
            asked ->
                WebhookServer.patch("[{\"op\":\"add\",\"path\":\"/data/a\",\"value\":\"1\"}]"));
    api.post(MAPS, "{metadata: {name: kept}, data: {a: b}}").ok();
    register(
        "undelete",
        hook("undelete.example.com", client, "", "configmaps", "")
            .replace("[CREATE, UPDATE]", "[DELETE]"));
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(api.delete(MAPS + "/kept?dryRun=All").message())
                .isEqualTo(
                    "Internal error occurred: admission webhook \"undelete.example.com\" attempted to"
                        + " modify the object, which is not supported for this operation"));
    api.delete(CONFIGURATIONS + "/undelete").ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.delete(MAPS + "/kept").code() == 200);
  }

  /** Plain text is encoded before anybody is asked, and so is the text that a webhook sets. */
  @Test
  void secretsAreShownEncoded() {
    String client =
        hooks.on(
            "/secret",
            asked -> {
              JsonNode object = asked.path("object");
              String saw = object.has("stringData") ? "plain" : object.at("/data/a").asText();
              return WebhookServer.patch(
                  "[{\"op\":\"add\",\"path\":\"/stringData\",\"value\":{\"saw\":\""
                      + saw
                      + "\"}}]");
            });
    register("secret", hook("secret.example.com", client, "", "secrets", ""));
    String path = "/api/v1/namespaces/default/secrets?dryRun=All";
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    api.post(path, "{metadata: {name: s}, stringData: {a: b}}")
                        .ok()
                        .body()
                        .path("data")
                        .toString())
                .isEqualTo("{\"a\":\"Yg==\",\"saw\":\"WWc9PQ==\"}"));
  }

  @Test
  void reinvokedWhenAnotherChangedTheObjectLater() {
    String counts =
        hooks.on(
            "/counts",
            asked -> {
              int n = asked.path("object").path("data").path("n").asInt(0);
              return asked.path("object").path("data").has("late") || n == 0
                  ? WebhookServer.patch(
                      "[{\"op\":\"add\",\"path\":\"/data/n\",\"value\":\"" + (n + 1) + "\"}]")
                  : WebhookServer.allow();
            });
    String late =
        hooks.on(
            "/late",
            asked ->
                WebhookServer.patch("[{\"op\":\"add\",\"path\":\"/data/late\",\"value\":\"x\"}]"));
    register(
        "again",
        hook("counts.example.com", counts, "", "configmaps", ", reinvocationPolicy: IfNeeded"),
        hook("late.example.com", late, "", "configmaps", ""));
    mapWith(
        MAPS, "{metadata: {name: m}, data: {a: b}}", "{\"a\":\"b\",\"n\":\"2\",\"late\":\"x\"}");
  }

  @Test
  void whoOwnsWhatMayBeForgottenAndNotSpoilt() {
    String client =
        hooks.on(
            "/managers",
            asked ->
                WebhookServer.patch(
                    "[{\"op\":\"remove\",\"path\":\""
                        + asked.path("object").path("data").path("remove").asText()
                        + "\"},{\"op\":\"add\",\"path\":\"/data\",\"value\":{}}]"));
    register("managers", hook("managers.example.com", client, "", "configmaps", ""));
    String map = "{metadata: {name: m}, data: {remove: /metadata/managedFields%s}}";
    mapWith(MAPS, map.formatted(""), "");
    assertThat(managed(map.formatted("")).body().path("metadata").has("managedFields")).isFalse();
    TestApi.Answer spoilt = managed(map.formatted("/0/apiVersion"));
    assertThat(spoilt.body().at("/metadata/managedFields/0/apiVersion").asText()).isEqualTo("v1");
    assertThat(spoilt.warnings())
        .containsExactly(
            "299 - \".metadata.managedFields was in an invalid state after admission; this could be"
                + " caused by an outdated mutating admission controller; please fix your requests:"
                + " apiVersion must not be empty\"");
  }

  private static TestApi.Answer managed(String map) {
    return api.post(MAPS + "?dryRun=All&fieldManager=somebody", map).ok();
  }

  @Test
  void otherVersionsOfAResourceMatchEquivalently() {
    String client =
        hooks.on(
            "/scaler",
            asked ->
                asked.path("kind").path("version").asText().equals("v2")
                        && asked.path("requestKind").path("version").asText().equals("v1")
                        && asked.path("object").path("spec").has("metrics")
                    ? WebhookServer.patch(
                        "[{\"op\":\"replace\",\"path\":\"/spec/maxReplicas\",\"value\":7}]")
                    : WebhookServer.allow());
    register(
        "scaler",
        hook("scaler.example.com", client, "autoscaling", "horizontalpodautoscalers", "")
            .replace("apiVersions: [\"*\"]", "apiVersions: [v2]"));
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    api.post(
                            "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
                                + "?dryRun=All",
                            "{metadata: {name: h}, spec: {maxReplicas: 3,"
                                + " targetCPUUtilizationPercentage: 50, scaleTargetRef: {kind:"
                                + " Deployment, name: d, apiVersion: apps/v1}}}")
                        .ok()
                        .body()
                        .path("spec")
                        .path("maxReplicas")
                        .asInt())
                .isEqualTo(7));
  }
}
