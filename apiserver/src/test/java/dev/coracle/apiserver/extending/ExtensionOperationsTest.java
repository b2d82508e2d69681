package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestServer;
import java.nio.file.Path;
import java.time.Duration;
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
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  /** Creates three, lists by label, patches, updates, deletes one and then the rest. */
  private static void operations(String resource, String kind, String content, boolean status) {
    String path = GROUP + resource;
    for (String name : new String[] {"one", "two", "three"}) {
      api.post(
              path,
              "{apiVersion: admissionregistration.k8s.io/v1, kind: "
                  + kind
                  + ", metadata: {name: "
                  + name
                  + ", labels: {of: test}}, "
                  + content
                  + "}")
          .ok();
    }
    String selected = path + "?labelSelector=of%3Dtest";
    assertThat(api.get(selected).ok().body().path("items")).hasSize(3);
    assertThat(api.get(path + "/two").ok().body().path("kind").asText()).isEqualTo(kind);
    assertThat(
            api.merge(path + "/two", "{metadata: {annotations: {patched: \"true\"}}}")
                .ok()
                .body()
                .path("metadata")
                .path("annotations")
                .path("patched")
                .asText())
        .isEqualTo("true");
    ObjectNode updated = api.get(path + "/two").body().deepCopy();
    ((ObjectNode) updated.path("metadata")).putObject("annotations").put("updated", "true");
    JsonNode after = api.put(path + "/two", updated).ok().body();
    assertThat(after.path("metadata").path("annotations").toString())
        .isEqualTo("{\"updated\":\"true\"}");
    if (status) {
      api.merge(path + "/two/status", "{metadata: {annotations: {a: b}}, status: {}}").ok();
      api.get(path + "/two/status").ok();
    }
    api.delete(path + "/one").ok();
    assertThat(api.get(path + "/one").code()).isEqualTo(404);
    api.delete(selected).ok();
    assertThat(api.get(selected).body().path("items")).isEmpty();
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
    operations(
        "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", webhooks(""), false);
    listed(
        "Validating",
        asked ->
            asked.at("/object/data").has("bad")
                ? WebhookServer.deny("a bad key")
                : WebhookServer.allow(),
        answer ->
            answer.code() == 400 && answer.message().endsWith("denied the request: a bad key"));
  }

  /** Two that are in force, found by their label, and out of force when the list is deleted. */
  private static void listed(
      String kind, WebhookServer.Answer answer, Predicate<TestApi.Answer> inForce) {
    String path = GROUP + kind.toLowerCase(Locale.ROOT) + "webhookconfigurations";
    for (String name : new String[] {"one", "two"}) {
      api.post(
              path,
              "{apiVersion: admissionregistration.k8s.io/v1, kind: "
                  + kind
                  + "WebhookConfiguration, metadata: {name: "
                  + name
                  + ", labels: {of: listed}}, webhooks: [{name: "
                  + name
                  + ".example.com, clientConfig: "
                  + hooks.on("/" + kind + name, answer)
                  + ", sideEffects: None, admissionReviewVersions: [v1], rules: [{apiGroups: [\"\"],"
                  + " apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]}]}")
          .ok();
    }
    String selected = path + "?labelSelector=of%3Dlisted";
    assertThat(api.get(selected).ok().body().path("items")).hasSize(2);
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
    operations(
        "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", webhooks(""), false);
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
    operations(
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        webhooks(", matchConditions: [{name: is-it, expression: \"object.metadata.name == 'a'\"}]"),
        false);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should reject mutating"
          + " webhook configurations with invalid match conditions [Conformance]")
  void invalidMatchConditions() {
    assertThat(
            api.post(
                    GROUP + "mutatingwebhookconfigurations",
                    "{apiVersion: admissionregistration.k8s.io/v1, kind:"
                        + " MutatingWebhookConfiguration, metadata: {name: bad}, "
                        + webhooks(", matchConditions: [{name: bad, expression: \"... [] bad\"}]")
                        + "}")
                .message())
        .contains("webhooks[0].matchConditions[0].expression", "compilation failed");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should include webhook"
          + " resources in discovery documents [Conformance]")
  void discovery() {
    assertThat(api.get("/apis").body().toString()).contains("admissionregistration.k8s.io/v1");
    JsonNode group = api.get("/apis/admissionregistration.k8s.io").ok().body();
    assertThat(group.path("preferredVersion").path("groupVersion").asText())
        .isEqualTo("admissionregistration.k8s.io/v1");
    JsonNode resources = api.get(GROUP.substring(0, GROUP.length() - 1)).ok().body();
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
    operations(
        "validatingadmissionpolicies",
        "ValidatingAdmissionPolicy",
        "spec: {" + MATCH + ", validations: [{expression: \"object.spec.replicas <= 100\"}]}",
        true);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support"
          + " ValidatingAdmissionPolicyBinding API operations [Conformance]")
  void validatingBindings() {
    operations(
        "validatingadmissionpolicybindings",
        "ValidatingAdmissionPolicyBinding",
        "spec: {policyName: replicalimit-policy.example.com, validationActions: [Deny]}",
        false);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support"
          + " MutatingAdmissionPolicy API operations [Conformance]")
  void mutatingPolicies() {
    operations(
        "mutatingadmissionpolicies",
        "MutatingAdmissionPolicy",
        "spec: {"
            + MATCH
            + ", reinvocationPolicy: Never, mutations: [{patchType: ApplyConfiguration,"
            + " applyConfiguration: {expression: \"Object{spec: Object.spec{replicas: 1}}\"}}]}",
        false);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support"
          + " MutatingAdmissionPolicyBinding API operations [Conformance]")
  void mutatingBindings() {
    operations(
        "mutatingadmissionpolicybindings",
        "MutatingAdmissionPolicyBinding",
        "spec: {policyName: replicalimit-policy.example.com}",
        false);
  }
}
