package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The objects that configure admission, as objects: every verb on each of them. */
class ExtensionOperationsTest {

  private static final String GROUP = "/apis/admissionregistration.k8s.io/v1/";
  private static final String MATCH =
      "matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations:"
          + " [CREATE], resources: [deployments]}]}";

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
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  /** The objects of one resource, of which one field is patched and then updated. */
  private record Operations(
      String resource, String kind, String content, String field, String patched, String updated) {

    /**
     * Finds it in the discovery; creates three, reads, lists by label, watches, patches, updates,
     * deletes one and then the rest.
     */
    void run() {
      isDiscovered(resource);
      String label = resource.toLowerCase(Locale.ROOT);
      String path = GROUP + resource;
      JsonNode made = Json.NODES.missingNode();
      for (int i = 0; i < 3; i++) {
        made =
            api.post(
                    path,
                    "{apiVersion: admissionregistration.k8s.io/v1, kind: "
                        + kind
                        + ", metadata: {generateName: e2e-, labels: {of: "
                        + label
                        + "}}, "
                        + content
                        + "}")
                .ok()
                .body();
      }
      String one = path + "/" + made.at("/metadata/name").asText();
      JsonNode read = api.get(one).ok().body();
      assertThat(read.path("kind").asText()).isEqualTo(kind);
      assertThat(read.at("/metadata/uid")).isEqualTo(made.at("/metadata/uid"));
      String selected = path + "?labelSelector=of%3D" + label;
      JsonNode list = api.get(selected).ok().body();
      assertThat(list.path("items")).hasSize(3);

      JsonNode after = api.merge(one, change("patched", patched)).ok().body();
      assertThat(after.at("/metadata/annotations/patched").asText()).isEqualTo("true");
      assertThat(field.isEmpty() ? "" : after.at(field).asText()).isEqualTo(patched);
      JsonNode replaced = replace(one);
      assertThat(replaced.at("/metadata/annotations/updated").asText()).isEqualTo("true");
      assertThat(field.isEmpty() ? "" : replaced.at(field).asText()).isEqualTo(updated);
      assertThat(changes(selected, list, one)).containsExactly("patched", "patched updated");
      if (kind.equals("ValidatingAdmissionPolicy")) {
        status(one, made);
      }
      api.delete(one).ok();
      assertThat(api.get(one).code()).isEqualTo(404);
      assertThat(api.get(selected).body().path("items")).hasSize(2);
      api.delete(selected).ok();
      assertThat(api.get(selected).body().path("items")).isEmpty();
    }

    /** Anew when the server itself has written the status in between. */
    private JsonNode replace(String one) {
      TestApi.Answer answer;
      do {
        ObjectNode updating = api.get(one).ok().body().deepCopy();
        updating.withObject("/metadata/annotations").put("updated", "true");
        if (!field.isEmpty()) {
          int last = field.lastIndexOf('/');
          ((ObjectNode) updating.at(field.substring(0, last)))
              .put(field.substring(last + 1), updated);
        }
        answer = api.put(one, updating);
      } while (answer.code() == 409);
      return answer.ok().body();
    }

    private String change(String annotation, String value) {
      String rest =
          switch (field) {
            case "" -> "";
            case "/spec/failurePolicy" -> ", spec: {failurePolicy: " + value + "}";
            default -> throw new IllegalArgumentException(field);
          };
      return "{metadata: {annotations: {" + annotation + ": \"true\"}}" + rest + "}";
    }
  }

  /** The annotations that were seen with each change of this one since the list. */
  private static List<String> changes(String selected, JsonNode list, String one) {
    String version = list.at("/metadata/resourceVersion").asText();
    List<String> out = new ArrayList<>();
    for (JsonNode event :
        api.watch(
            selected + "&watch=true&resourceVersion=" + version,
            e -> e.at("/object/metadata/annotations").has("updated"))) {
      assertThat(event.path("type").asText()).isEqualTo("MODIFIED");
      JsonNode annotations = event.at("/object/metadata/annotations");
      if (one.endsWith("/" + event.at("/object/metadata/name").asText())) {
        List<String> names = new ArrayList<>();
        annotations.fieldNames().forEachRemaining(names::add);
        String seen = String.join(" ", names);
        if (!seen.isEmpty() && (out.isEmpty() || !out.getLast().equals(seen))) {
          out.add(seen);
        }
      }
    }
    return out;
  }

  private static void isDiscovered(String resource) {
    String group = GROUP.substring(0, GROUP.length() - 1);
    List<String> all = new ArrayList<>();
    for (JsonNode g : api.get("/apis").ok().body().path("groups")) {
      g.path("versions").forEach(v -> all.add(v.path("groupVersion").asText()));
    }
    assertThat(all).contains("admissionregistration.k8s.io/v1");
    assertThat(
            api.get(group.substring(0, group.lastIndexOf('/')))
                .ok()
                .body()
                .path("versions")
                .findValuesAsText("version"))
        .contains("v1");
    List<String> names = new ArrayList<>();
    api.get(group).ok().body().path("resources").forEach(r -> names.add(r.path("name").asText()));
    assertThat(names).contains(resource);
    if (resource.equals("validatingadmissionpolicies")) {
      assertThat(names).contains(resource + "/status");
    }
  }

  /** The status is read, patched and replaced on its own. */
  private static void status(String one, JsonNode made) {
    JsonNode read = api.get(one + "/status").ok().body();
    assertThat(read.path("kind").asText()).isEqualTo("ValidatingAdmissionPolicy");
    assertThat(read.at("/metadata/uid")).isEqualTo(made.at("/metadata/uid"));
    String condition =
        "{type: %s, status: \"False\", reason: E2E, message: m, lastTransitionTime:"
            + " \"2026-01-01T00:00:00Z\"}";
    JsonNode patched =
        api.merge(
                one + "/status",
                "{status: {conditions: [" + condition.formatted("PatchStatusFailed") + "]}}")
            .ok()
            .body();
    assertThat(patched.at("/status/conditions").findValuesAsText("type"))
        .containsExactly("PatchStatusFailed");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          ObjectNode now = api.get(one).ok().body().deepCopy();
          now.withObject("/status")
              .withArray("conditions")
              .add(TestApi.tree(condition.formatted("StatusUpdateFailed")));
          JsonNode replaced = api.put(one + "/status", now).ok().body();
          assertThat(replaced.at("/status/conditions").findValuesAsText("type"))
              .contains("PatchStatusFailed", "StatusUpdateFailed");
        });
  }

  private static String webhooks(String more) {
    return "webhooks: [{name: a.example.com, clientConfig: {url: \"https://127.0.0.1:1/\"},"
        + " sideEffects: None, admissionReviewVersions: [v1], rules: [{apiGroups: [none.example],"
        + " apiVersions: [v1], operations: [CREATE], resources: [nothings]}]"
        + more
        + "}]";
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] listing validating webhooks"
          + " should work [Conformance]")
  void validatingWebhooks() {
    new Operations(
            "validatingwebhookconfigurations",
            "ValidatingWebhookConfiguration",
            webhooks(""),
            "",
            "",
            "")
        .run();
    listed(
        "Validating",
        asked ->
            asked.at("/object/data").has("bad")
                ? WebhookServer.deny("a bad key")
                : WebhookServer.allow(),
        answer ->
            answer.code() == 400 && answer.message().endsWith("denied the request: a bad key"));
  }

  /** Ten that are in force, found by their label, and out of force when the list is deleted. */
  private static void listed(
      String kind, WebhookServer.Answer answer, Predicate<TestApi.Answer> inForce) {
    String path = GROUP + kind.toLowerCase(Locale.ROOT) + "webhookconfigurations";
    for (int i = 0; i < 10; i++) {
      String name = "hook" + i;
      api.post(
              path,
              "{apiVersion: admissionregistration.k8s.io/v1, kind: "
                  + kind
                  + "WebhookConfiguration, metadata: {name: "
                  + name
                  + ", labels: {of: listed}}, webhooks: [{name: "
                  + name
                  + ".example.com, clientConfig: "
                  + hooks.on("/" + kind.toLowerCase(Locale.ROOT) + name, answer)
                  + ", sideEffects: None, admissionReviewVersions: [v1], rules: [{apiGroups:"
                  + " [\"\"], apiVersions: [v1], operations: [CREATE], resources:"
                  + " [configmaps]}]}]}")
          .ok();
    }
    String selected = path + "?labelSelector=of%3Dlisted";
    assertThat(api.get(selected).ok().body().path("items")).hasSize(10);
    String maps = "/api/v1/namespaces/default/configmaps";
    String map = "{metadata: {name: listed}, data: {bad: x}}";
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> inForce.test(api.post(maps + "?dryRun=All", map)));
    assertThat(inForce.test(api.post(maps, map))).isTrue();
    api.delete(selected).ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> !inForce.test(api.post(maps + "?dryRun=All", map.replace("listed", "after"))));
    api.post(maps, map.replace("listed", "after")).ok();
    api.delete(maps + "/after").ok();
    api.delete(maps + "/listed");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] listing mutating webhooks"
          + " should work [Conformance]")
  void mutatingWebhooks() {
    new Operations(
            "mutatingwebhookconfigurations",
            "MutatingWebhookConfiguration",
            webhooks(""),
            "",
            "",
            "")
        .run();
    listed(
        "Mutating",
        asked -> WebhookServer.patch("[{\"op\":\"add\",\"path\":\"/data/added\",\"value\":\"1\"}]"),
        answer -> answer.ok().body().at("/data/added").asText().equals("1"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to create and"
          + " update mutating webhook configurations with match conditions [Conformance]")
  void mutatingWebhooksWithMatchConditions() {
    String first =
        "{name: expression-1, expression: \"object.metadata.namespace == 'production'\"}";
    String second = "{name: expression-2, expression: \"object.metadata.namespace == 'staging'\"}";
    String path = GROUP + "mutatingwebhookconfigurations";
    api.post(
            path,
            "{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration,"
                + " metadata: {name: conditions}, "
                + webhooks(", matchConditions: [" + first + "]")
                + "}")
        .ok();
    ObjectNode made = api.get(path + "/conditions").ok().body().deepCopy();
    assertThat(made.at("/webhooks/0/matchConditions"))
        .isEqualTo(TestApi.tree("{x: [" + first + "]}").get("x"));
    JsonNode both = TestApi.tree("{x: [" + first + ", " + second + "]}").get("x");
    ((ObjectNode) made.at("/webhooks/0")).set("matchConditions", both);
    api.put(path + "/conditions", made).ok();
    assertThat(api.get(path + "/conditions").ok().body().at("/webhooks/0/matchConditions"))
        .isEqualTo(both);
    api.delete(path + "/conditions").ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should reject mutating"
          + " webhook configurations with invalid match conditions [Conformance]")
  void invalidMatchConditions() {
    TestApi.Answer refused =
        api.post(
            GROUP + "mutatingwebhookconfigurations",
            "{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration,"
                + " metadata: {name: bad}, "
                + webhooks(
                    ", matchConditions: [{name: bad, expression: \"... [] bad expression\"}]")
                + "}");
    assertThat(refused.code()).isEqualTo(422);
    assertThat(refused.message())
        .contains("webhooks[0].matchConditions[0].expression", "compilation failed");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should include webhook"
          + " resources in discovery documents [Conformance]")
  void discovery() {
    isDiscovered("mutatingwebhookconfigurations");
    isDiscovered("validatingwebhookconfigurations");
    JsonNode group = api.get("/apis/admissionregistration.k8s.io").ok().body();
    assertThat(group.path("name").asText()).isEqualTo("admissionregistration.k8s.io");
    assertThat(group.path("preferredVersion").path("groupVersion").asText())
        .isEqualTo("admissionregistration.k8s.io/v1");
    JsonNode resources = api.get(GROUP.substring(0, GROUP.length() - 1)).ok().body();
    assertThat(resources.path("groupVersion").asText())
        .isEqualTo("admissionregistration.k8s.io/v1");
    assertThat(resources.path("resources").findValuesAsText("kind"))
        .contains("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration");
    assertThat(resources.path("resources").findValuesAsText("name"))
        .contains("mutatingwebhookconfigurations", "validatingwebhookconfigurations");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support"
          + " ValidatingAdmissionPolicy API operations [Conformance]")
  void validatingPolicies() {
    new Operations(
            "validatingadmissionpolicies",
            "ValidatingAdmissionPolicy",
            "spec: {" + MATCH + ", validations: [{expression: \"object.spec.replicas <= 100\"}]}",
            "/spec/failurePolicy",
            "Ignore",
            "Fail")
        .run();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support"
          + " ValidatingAdmissionPolicyBinding API operations [Conformance]")
  void validatingBindings() {
    new Operations(
            "validatingadmissionpolicybindings",
            "ValidatingAdmissionPolicyBinding",
            "spec: {policyName: replicalimit-policy.example.com, validationActions: [Deny]}",
            "",
            "",
            "")
        .run();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support"
          + " MutatingAdmissionPolicy API operations [Conformance]")
  void mutatingPolicies() {
    new Operations(
            "mutatingadmissionpolicies",
            "MutatingAdmissionPolicy",
            "spec: {"
                + MATCH
                + ", reinvocationPolicy: Never, mutations: [{patchType: ApplyConfiguration,"
                + " applyConfiguration: {expression: \"Object{spec: Object.spec{replicas:"
                + " 1}}\"}}]}",
            "/spec/failurePolicy",
            "Ignore",
            "Fail")
        .run();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support"
          + " MutatingAdmissionPolicyBinding API operations [Conformance]")
  void mutatingBindings() {
    new Operations(
            "mutatingadmissionpolicybindings",
            "MutatingAdmissionPolicyBinding",
            "spec: {policyName: replicalimit-policy.example.com}",
            "",
            "",
            "")
        .run();
  }
}
