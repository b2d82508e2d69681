package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestApi.Answer;
import dev.coracle.apiserver.TestServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a mutating webhook is shown of a write, and what it may make of it. */
class ReviewedWritesTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps";
  private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
  private static final String MARK = "labels: {reviewed: \"true\"}";

  @TempDir private static Path dir;
  private static TestServer server;
  private static TestApi api;
  private static WebhookServer hooks;
  private static volatile String patch = "";

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    api = new TestApi(server);
    hooks = new WebhookServer(server.vertx(), server.pki());
    register("Mutating", "m", hooks.on("/m", _ -> answer()));
    register("Validating", "v", hooks.on("/v", _ -> Json.object().put("allowed", true)));
    await()
        .until(() -> {
          api.post(MAPS, "metadata: {generateName: probe-, " + MARK + "}").ok();
          return !hooks.seen("/m").isEmpty() && !hooks.seen("/v").isEmpty();
        });
  }

  private static void register(String kind, String name, String hook) {
    api.post(
            "/apis/admissionregistration.k8s.io/v1/"
                + kind.toLowerCase(Locale.ROOT)
                + "webhookconfigurations",
            """
            metadata: {name: %s}
            webhooks:
            - name: %s.example.com
              admissionReviewVersions: [v1]
              sideEffects: None
              rules: [{apiGroups: ["", apps], apiVersions: [v1], operations: ["*"], resources: ["*/*"]}]
              objectSelector: {matchLabels: {reviewed: "true"}}
              clientConfig: %s
            """
                .formatted(name, name, hook))
        .ok();
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static ObjectNode answer() {
    ObjectNode response = Json.object().put("allowed", true);
    if (!patch.isEmpty()) {
      byte[] bytes = patch.getBytes(StandardCharsets.UTF_8);
      response
          .put("patch", Base64.getEncoder().encodeToString(bytes))
          .put("patchType", "JSONPatch");
    }
    return response;
  }

  @BeforeEach
  void unchanged() {
    patch = "";
  }

  private static JsonNode lastSeen() {
    return hooks.seen("/m").getLast();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name | 422 | ConfigMap \"other\" is invalid: metadata.name: Invalid value: \"other\": field is immutable",
        "uid | 422 | ConfigMap \"identity-uid\" is invalid: metadata.uid: Invalid value: \"other\": field is immutable",
        "namespace | 400 | the namespace of the provided object does not match the namespace sent on the request",
        "resourceVersion | 500 | strconv.ParseUint: parsing \"other\": invalid syntax",
      })
  void noWebhookMakesAnotherObjectOfIt(String field, int code, String message) {
    becomes("identity-" + field.toLowerCase(Locale.ROOT), field, "other", code, message);
  }

  @Test
  void norAnotherVersion() {
    becomes(
        "older",
        "resourceVersion",
        "1",
        409,
        "Operation cannot be fulfilled on configmaps \"older\": the object has been modified; please"
            + " apply your changes to the latest version and try again");
  }

  private static void becomes(String name, String field, String value, int code, String message) {
    api.post(MAPS, "metadata: {name: " + name + ", " + MARK + "}").ok();
    patch =
        "[{\"op\":\"replace\",\"path\":\"/metadata/%s\",\"value\":\"%s\"}]".formatted(field, value);
    Answer answer = api.merge(MAPS + "/" + name, "{data: {a: b}}");
    assertThat(answer.code()).isEqualTo(code);
    assertThat(answer.message()).isEqualTo(message);
    assertThat(api.get(MAPS + "/" + name).ok().body().has("data")).isFalse();
  }

  @Test
  void whatAWebhookTakesAwayOfItIsFilledIn() {
    api.post(MAPS, "metadata: {name: less, " + MARK + "}").ok();
    patch =
        "[{\"op\":\"remove\",\"path\":\"/metadata/uid\"},{\"op\":\"remove\",\"path\":\"/metadata/namespace\"},"
            + "{\"op\":\"remove\",\"path\":\"/metadata/resourceVersion\"}]";
    assertThat(api.merge(MAPS + "/less", "{data: {a: b}}").code()).isEqualTo(200);
  }

  @Test
  void aVersionOfWhatIsNewIsAFault() {
    patch = "[{\"op\":\"add\",\"path\":\"/metadata/resourceVersion\",\"value\":\"5\"}]";
    Answer answer = api.post(MAPS, "metadata: {name: versioned, " + MARK + "}");
    assertThat(answer.code()).isEqualTo(500);
    assertThat(answer.message())
        .isEqualTo("resourceVersion should not be set on objects to be created");
    // Found where it would be stored: who validates has seen it.
    JsonNode validated = hooks.seen("/v").getLast().path("object").path("metadata");
    assertThat(validated.path("name").asText()).isEqualTo("versioned");
    assertThat(validated.path("resourceVersion").asText()).isEqualTo("5");
  }

  /** Upstream stores what is born dying. */
  @Test
  void nothingIsBornDying() {
    patch =
        "[{\"op\":\"add\",\"path\":\"/metadata/deletionTimestamp\",\"value\":\"2020-01-01T00:00:00Z\"}]";
    Answer answer = api.post(MAPS, "metadata: {name: dying, " + MARK + "}");
    assertThat(answer.ok().body().path("metadata").has("deletionTimestamp")).isFalse();
  }

  @Test
  void anEmptyStatusIsShownOfWhatIsNew() {
    api.post(
            DEPLOYMENTS,
            "{metadata: {name: d, "
                + MARK
                + "}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}},"
                + " spec: {containers: [{name: c, image: i}]}}}}")
        .ok();
    assertThat(lastSeen().path("object").path("status").isObject()).isTrue();
  }

  @Test
  void deletingWhatIsGoingIsReviewedAgain() {
    api.post(MAPS, "metadata: {name: going, finalizers: [a.example.com/b], " + MARK + "}").ok();
    for (int i = 0; i < 2; i++) {
      int before = hooks.seen("/m").size();
      api.delete(MAPS + "/going").ok();
      List<JsonNode> seen = hooks.seen("/m");
      assertThat(seen).hasSize(before + 1);
      assertThat(seen.getLast().path("operation").asText()).isEqualTo("DELETE");
      assertThat(seen.getLast().path("oldObject").path("metadata").has("deletionTimestamp"))
          .isEqualTo(i == 1);
    }
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void orphanDependentsIsShownAsItWasSaid(boolean orphan) {
    String name = "orphan-" + orphan;
    api.post(MAPS, "metadata: {name: " + name + ", " + MARK + "}").ok();
    api.call(
            "DELETE",
            MAPS + "/" + name,
            "application/json",
            "{\"orphanDependents\":" + orphan + "}")
        .ok();
    JsonNode options = lastSeen().path("options");
    assertThat(options.path("orphanDependents").asBoolean(!orphan)).isEqualTo(orphan);
    assertThat(options.has("propagationPolicy")).isFalse();
    if (orphan) {
      assertThat(api.get(MAPS + "/" + name).ok().body().path("metadata").path("finalizers"))
          .hasSize(1);
    } else {
      assertThat(api.get(MAPS + "/" + name).code()).isEqualTo(404);
    }
  }

  @Test
  void ownersThatAreTheSameAreOne() {
    String owner = "{apiVersion: v1, kind: Pod, name: p, uid: u1}";
    String sent =
        "metadata: {name: owned, %s, ownerReferences: [%s, %s]}".formatted(MARK, owner, owner);
    Answer made = api.post(MAPS, sent).ok();
    assertThat(made.warnings())
        .containsExactly(
            "299 - \".metadata.ownerReferences contains duplicate entries; API server dedups owner references"
                + " in 1.20+, and may reject such requests as early as 1.24; please fix your"
                + " requests; duplicate UID(s) observed: u1\"");
    assertThat(lastSeen().path("object").path("metadata").path("ownerReferences")).hasSize(1);

    String json = "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"u1\"}";
    patch =
        "[{\"op\":\"add\",\"path\":\"/metadata/ownerReferences\",\"value\":[%s,%s]}]"
            .formatted(json, json);
    Answer changed = api.merge(MAPS + "/owned", "{data: {a: b}}").ok();
    assertThat(changed.warnings())
        .containsExactly(
            "299 - \".metadata.ownerReferences contains duplicate entries after mutating admission happens;"
                + " API server dedups owner references in 1.20+, and may reject such requests as"
                + " early as 1.24; please fix your requests; duplicate UID(s) observed: u1\"");
    assertThat(changed.body().path("metadata").path("ownerReferences")).hasSize(1);
  }
}
