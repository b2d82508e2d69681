package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.MemoryStore;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestServer;
import dev.coracle.apiserver.config.AuditOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import io.micrometer.core.instrument.Timer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What webhooks and policies did is found in the event of the request. */
class AuditAnnotationsTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps";
  private static final String POLICIES = "/apis/admissionregistration.k8s.io/v1";

  @TempDir static Path dir;
  private static TestServer server;
  private static TestApi api;
  private static WebhookServer hooks;

  @BeforeAll
  static void start() throws Exception {
    Files.writeString(
        dir.resolve("policy.yaml"),
        """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        rules:
        - {level: Request, resources: [{group: "", resources: [configmaps]}]}
        """);
    AuditOptions audit = AuditOptions.logging(dir.resolve("policy.yaml"), dir.resolve("audit.log"));
    server = new TestServer(dir, new MemoryStore(), SecurityOptions.DEFAULT.withAudit(audit));
    api = new TestApi(server);
    hooks = new WebhookServer(server.vertx(), server.pki());
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  /** The annotations of the event about this object, once they have this one. */
  private static JsonNode annotations(String name, String wanted) {
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              api.post(MAPS + "?dryRun=All", "{metadata: {name: " + name + "}}");
              return Files.readAllLines(dir.resolve("audit.log")).stream()
                  .filter(line -> line.endsWith("}"))
                  .map(line -> Json.parse(line))
                  .filter(e ->
                      e.path("requestObject").path("metadata").path("name").asText().equals(name))
                  .map(e -> (JsonNode) e.path("annotations"))
                  .filter(a -> a.has(wanted))
                  .findFirst();
            },
            Optional::isPresent)
        .orElseThrow();
  }

  private static String hook(String name, String client, String more) {
    return "{name: "
        + name
        + ", admissionReviewVersions: [v1], sideEffects: None, clientConfig: "
        + client
        + ", rules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources:"
        + " [configmaps]}]"
        + more
        + "}";
  }

  @Test
  void mutatingWebhooksTellWhoChangedWhat() {
    String client =
        hooks.on(
            "/change",
            request ->
                WebhookServer.patch(
                    "[{\"op\": \"add\", \"path\": \"/data\", \"value\": {\"x\": \"y\"}}]"));
    api.post(
            POLICIES + "/mutatingwebhookconfigurations",
            "{metadata: {name: m}, webhooks: ["
                + hook("change.example.com", client, "")
                + ", "
                + hook(
                    "gone.example.com", "{url: 'https://127.0.0.1:1/x'}", ", failurePolicy: Ignore")
                + "]}")
        .ok();
    JsonNode found = annotations("changed", "mutation.webhook.admission.k8s.io/round_0_index_0");
    assertThat(found.path("mutation.webhook.admission.k8s.io/round_0_index_0").asText())
        .isEqualTo("{\"configuration\":\"m\",\"webhook\":\"change.example.com\",\"mutated\":true}");
    assertThat(found.path("patch.webhook.admission.k8s.io/round_0_index_0").asText())
        .contains("\"patchType\":\"JSONPatch\"", "\"path\":\"/data\"");
    assertThat(found.path("failed-open.mutation.webhook.admission.k8s.io/round_0_index_1").asText())
        .isEqualTo("gone.example.com");
    api.delete(POLICIES + "/mutatingwebhookconfigurations/m").ok();
  }

  @Test
  void policiesTellWhatTheyFound() {
    api.post(
            POLICIES + "/validatingadmissionpolicies",
            """
            metadata: {name: watcher}
            spec:
              matchConstraints:
                resourceRules:
                - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}
              failurePolicy: Ignore
              validations:
              - {expression: "has(object.data)", message: it is empty}
              - {expression: "object.nothing.at == 'all'"}
              auditAnnotations: [{key: named, valueExpression: "string(object.metadata.name)"}]
            """)
        .ok();
    api.post(
            POLICIES + "/validatingadmissionpolicybindings",
            "{metadata: {name: watcher-b}, spec: {policyName: watcher, validationActions:"
                + " [Audit]}}")
        .ok();
    String key = "validation.policy.admission.k8s.io/validation_failure";
    JsonNode found = annotations("empty", key);
    assertThat(Json.parse(found.path(key).asText()).path(0).path("message").asText())
        .isEqualTo("it is empty");
    assertThat(found.path("watcher/named").asText()).isEqualTo("empty");
    assertThat(checks("audit")).as("does not hold").isPositive();
    assertThat(checks("allow")).as("fails, which is ignored").isPositive();
    assertThat(checks("deny")).isZero();
    api.delete(POLICIES + "/validatingadmissionpolicybindings/watcher-b").ok();
  }

  private static long checks(String action) {
    return server
        .meters()
        .find("apiserver_validating_admission_policy_check_duration_seconds")
        .tags("policy", "watcher", "policy_binding", "watcher-b")
        .tags("error_type", "invalid_error", "enforcement_action", action)
        .timers()
        .stream()
        .mapToLong(Timer::count)
        .sum();
  }
}
