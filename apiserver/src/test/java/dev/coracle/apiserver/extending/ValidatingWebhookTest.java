package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.Kubectl;
import dev.coracle.apiserver.MemoryStore;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestApi.Answer;
import dev.coracle.apiserver.TestServer;
import dev.coracle.apiserver.config.AdmissionOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Validating webhooks, asked by a real server over real TLS. */
class ValidatingWebhookTest {

  private static final String CONFIGURATIONS =
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
  private static final String MAPS = "/api/v1/namespaces/default/configmaps";

  @TempDir static Path dir;
  private static TestServer server;
  private static TestApi api;
  private static WebhookServer hooks;

  @BeforeAll
  static void start() throws Exception {
    server =
        new TestServer(
            dir,
            new MemoryStore(),
            SecurityOptions.DEFAULT.withAdmission(
                new AdmissionOptions(Set.of(), Set.of(), credentials(), 300, 300)));
    api = new TestApi(server);
    hooks = new WebhookServer(server.vertx(), server.pki());
    hooks.behindService(api);
    api.post("/api/v1/namespaces/default/serviceaccounts", "metadata: {name: default}").ok();
  }

  /** Webhooks are shown the administrator's certificate, and a token that stands in a file. */
  private static Path credentials() throws IOException {
    Files.writeString(dir.resolve("token"), "first\n");
    Path kubeconfig = dir.resolve("webhooks.kubeconfig");
    Files.writeString(
        kubeconfig,
        """
        apiVersion: v1
        kind: Config
        users:
        - name: "*"
          user: {client-certificate: admin.crt, client-key: admin.key, tokenFile: token}
        - name: elsewhere.example
          user: {token: other}
        """);
    return Files.writeString(
        dir.resolve("admission.yaml"),
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: AdmissionConfiguration
        plugins:
        - name: ValidatingAdmissionWebhook
          configuration:
            apiVersion: apiserver.config.k8s.io/v1
            kind: WebhookAdmissionConfiguration
            kubeConfigFile: %s
        """
            .formatted(kubeconfig));
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
    settled("metadata: {name: settled}", 201);
    api.delete(MAPS + "/settled").ok();
  }

  private static void register(String name, String hook) {
    api.post(
            CONFIGURATIONS,
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n"
                + "metadata: {name: "
                + name
                + "}\nwebhooks: ["
                + hook
                + "]\n")
        .ok();
  }

  private static String hook(String name, String client, String more) {
    return "{name: "
        + name
        + ", clientConfig: "
        + client
        + ", sideEffects: None, admissionReviewVersions: [v1], rules: [{apiGroups: [\"\"],"
        + " apiVersions: [v1], operations: [\"*\"], resources: [pods, configmaps,"
        + " pods/attach]}]"
        + more
        + "}";
  }

  /** Creates dry, until the configurations in force give this code. */
  private static Answer settled(String map, int code) {
    Answer[] last = new Answer[1];
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          last[0] = api.post(MAPS + "?dryRun=All", map);
          return last[0].code() == code || code == 201 && last[0].code() == 409;
        });
    if (code == 201) {
      api.post(MAPS, map);
    }
    return last[0];
  }

  /** Reviews are seen by webhooks as objects are, though nobody stores them. */
  @Test
  void questionsAreReviewedToo() {
    String client = hooks.on("/asked", _ -> WebhookServer.deny("ask nobody"));
    register(
        "asked",
        hook("asked.example.com", client, "")
            .replace("apiGroups: [\"\"]", "apiGroups: [authorization.k8s.io]")
            .replace("[pods, configmaps, pods/attach]", "[subjectaccessreviews]"));
    String question = "{spec: {user: u, resourceAttributes: {verb: get, resource: pods}}}";
    String path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    await().atMost(Duration.ofSeconds(30)).until(() -> api.post(path, question).code() != 201);
    assertThat(api.post(path, question).message())
        .isEqualTo("admission webhook \"asked.example.com\" denied the request: ask nobody");
    assertThat(api.post(path, "{spec: {user: u}}").code()).isEqualTo(422);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to deny pod"
          + " and configmap creation [Conformance]")
  void deniesInTheWebhooksWords() {
    String client =
        hooks.on(
            "/deny",
            asked ->
                asked.path("object").path("data").has("bad")
                        || asked.path("oldObject").path("data").has("bad")
                    ? WebhookServer.deny("the map contains a bad key")
                    : asked.at("/object/metadata/annotations").has("bad")
                        ? WebhookServer.deny("the pod contains an unwanted annotation")
                        : asked.at("/object/metadata/annotations").has("hang")
                            ? Json.object().put("hang", true)
                            : WebhookServer.allow());
    register(
        "deny",
        hook(
            "deny.example.com",
            client,
            ", timeoutSeconds: 2, namespaceSelector: {matchExpressions: [{key:"
                + " kubernetes.io/metadata.name, operator: NotIn, values: [kube-public]}]}"));
    Answer denied = settled("{metadata: {name: one}, data: {bad: x}}", 400);
    assertThat(denied.message())
        .isEqualTo(
            "admission webhook \"deny.example.com\" denied the request: the map contains a bad"
                + " key");
    assertThat(denied.body().path("status").asText()).isEqualTo("Failure");
    api.post(MAPS, "{metadata: {name: good}, data: {a: x}}").ok();
    assertThat(api.merge(MAPS + "/good", "{data: {bad: y}}").message())
        .contains("denied the request");
    ObjectNode good = api.get(MAPS + "/good").ok().body().deepCopy();
    good.withObject("/data").put("bad", "y");
    assertThat(api.put(MAPS + "/good", good).message()).contains("the map contains a bad key");
    assertThat(api.get(MAPS + "/good").ok().body().path("data").has("bad")).isFalse();
    String exempt = MAPS.replace("default", "kube-public");
    api.post(exempt, "{metadata: {name: one}, data: {bad: x}}").ok();
    assertThat(
            api.post(
                    "/api/v1/namespaces/default/pods",
                    "{metadata: {name: p, annotations: {bad: x}}, spec: {containers: [{name: c,"
                        + " image: i}]}}")
                .message())
        .isEqualTo(
            "admission webhook \"deny.example.com\" denied the request: the pod contains an"
                + " unwanted annotation");
    assertThat(api.get("/api/v1/namespaces/default/pods/p").code()).isEqualTo(404);
    assertThat(
            api.post(
                    "/api/v1/namespaces/default/pods",
                    "{metadata: {name: hanging, annotations: {hang: x}}, spec: {containers: [{name:"
                        + " c, image: i}]}}")
                .message())
        .contains("failed calling webhook \"deny.example.com\"", "context deadline exceeded");
    assertThat(api.get("/api/v1/namespaces/default/pods/hanging").code()).isEqualTo(404);
    api.delete(exempt + "/one").ok();
    api.delete(MAPS + "/good").ok();
    JsonNode asked = hooks.seen("/deny").getFirst();
    assertThat(asked.path("operation").asText()).isEqualTo("CREATE");
    assertThat(asked.path("userInfo").path("username").asText()).isEqualTo("admin");
    assertThat(asked.path("kind"))
        .isEqualTo(Json.parse("{\"group\":\"\",\"version\":\"v1\",\"kind\":\"ConfigMap\"}"));
    assertThat(asked.path("dryRun").asBoolean()).isTrue();
    assertThat(asked.path("options").path("kind").asText()).isEqualTo("CreateOptions");
    assertThat(hooks.seen("/deny").getLast().path("operation").asText()).isEqualTo("DELETE");
    assertThat(hooks.seen("/deny").getLast().path("object").isNull()).isTrue();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] patching/updating a"
          + " validating webhook should work [Conformance]")
  void operationsMayBeChanged() {
    String client = hooks.on("/changed", asked -> WebhookServer.deny("not now"));
    register("changed", hook("changed.example.com", client, ""));
    String map = "{metadata: {name: refused}, data: {a: b}}";
    assertThat(settled(map, 400).message()).contains("denied the request: not now");

    JsonNode configuration = api.get(CONFIGURATIONS + "/changed").ok().body().deepCopy();
    ObjectNode rule = (ObjectNode) configuration.path("webhooks").path(0).path("rules").path(0);
    rule.putArray("operations").add("UPDATE");
    api.put(CONFIGURATIONS + "/changed", configuration).ok();
    settled(map, 201);

    api.call(
            "PATCH",
            CONFIGURATIONS + "/changed",
            "application/json-patch+json",
            "[{\"op\":\"replace\",\"path\":\"/webhooks/0/rules/0/operations\","
                + "\"value\":[\"CREATE\"]}]")
        .ok();
    assertThat(settled("{metadata: {name: again}, data: {a: b}}", 400).message())
        .contains("denied the request: not now");
    api.delete(MAPS + "/refused").ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to deny"
          + " attaching pod [Conformance]")
  void connectionsCanBeDenied() throws Exception {
    String client =
        hooks.on(
            "/attach",
            asked ->
                asked.path("operation").asText().equals("CONNECT")
                        && asked.path("object").path("kind").asText().equals("PodAttachOptions")
                    ? WebhookServer.deny("attaching to pod 'p' is not allowed")
                    : WebhookServer.allow());
    register("attach", hook("attach.example.com", client, ""));
    api.post(
            "/api/v1/namespaces/default/pods",
            "{metadata: {name: p}, spec: {containers: [{name: c, image: i}]}}")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    api.call("POST", "/api/v1/namespaces/default/pods/p/attach?stdout=true", "", "")
                        .message())
                .contains("attaching to pod 'p' is not allowed"));
    Path cache = Files.createTempDirectory(dir, "kubectl");
    api.merge("/api/v1/namespaces/default/pods/p/status", "{status: {phase: Running}}").ok();
    assertThat(
            new Kubectl(server.pki().path("admin.kubeconfig"), cache)
                .fails("attach", "p", "-i", "-c", "c"))
        .contains("attaching to pod 'p' is not allowed");
    api.delete("/api/v1/namespaces/default/pods/p?gracePeriodSeconds=0").ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should unconditionally"
          + " reject operations on fail closed webhook [Conformance]")
  void failsClosedOrOpen() {
    // Who has no CA bundle cannot be called; only where the selector says so.
    String untrusted = hooks.on("/untrusted", asked -> WebhookServer.allow());
    register(
        "untrusted",
        hook(
            "untrusted.example.com",
            untrusted.replaceAll(", caBundle.*}", "}"),
            ", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}"));
    Answer denied = settled("{metadata: {name: one}}", 500);
    assertThat(denied.body().path("reason").asText()).isEqualTo("InternalError");
    assertThat(api.post(MAPS, "{metadata: {name: one}}").code()).isEqualTo(500);
    api.post(MAPS.replace("default", "kube-public") + "?dryRun=All", "{metadata: {name: one}}")
        .ok();
    assertThat(hooks.seen("/untrusted")).isEmpty();
    api.delete(CONFIGURATIONS).ok();
    settled("{metadata: {name: settled}}", 201);
    api.delete(MAPS + "/settled").ok();

    String nowhere = "{url: \"https://127.0.0.1:1/x\", caBundle: " + hooks.caBundle() + "}";
    register("closed", hook("closed.example.com", nowhere, ""));
    Answer refused = settled("{metadata: {name: one}}", 500);
    assertThat(refused.message())
        .startsWith(
            "Internal error occurred: failed calling webhook \"closed.example.com\": failed to"
                + " call webhook: Post \"https://127.0.0.1:1/x?timeout=10s\": dial tcp")
        .endsWith("connection refused");
    api.delete(CONFIGURATIONS).ok();
    settled("metadata: {name: open}", 201);
    register("open", hook("open.example.com", nowhere, ", failurePolicy: Ignore"));
    settled("metadata: {name: open2}", 201);
    api.delete(MAPS + "/open").ok();
    api.delete(MAPS + "/open2").ok();
  }

  @Test
  void whoIsBusyIsAskedAgainInTheTimeThatThereIs() {
    register(
        "busy",
        hook(
            "busy.example.com",
            hooks.on("/busy", _ -> WebhookServer.allow()),
            ", timeoutSeconds: 2"));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          api.post(MAPS + "?dryRun=All", "{metadata: {name: one}}").ok();
          return !hooks.seen("/busy").isEmpty();
        });
    hooks.busy(3, "0");
    api.post(MAPS + "?dryRun=All", "{metadata: {name: one}}").ok();
    hooks.busy(1, "9999");
    Answer late = api.post(MAPS + "?dryRun=All", "{metadata: {name: one}}");
    assertThat(late.code()).isEqualTo(500);
    assertThat(late.message()).endsWith("context deadline exceeded");
  }

  @Test
  void certificatesAreChecked() {
    String client = hooks.on("/tls", asked -> WebhookServer.allow());
    register("tls", hook("tls.example.com", client.replaceAll(", caBundle.*}", "}"), ""));
    assertThat(settled("{metadata: {name: one}}", 500).message())
        .contains("tls: failed to verify certificate: x509:");
    assertThat(hooks.seen("/tls")).isEmpty();
  }

  /** Many webhooks say all they have to say in the reason, which is any text. */
  @Test
  void aReasonOfItsOwnIsKept() {
    String client =
        hooks.on(
            "/reason",
            asked -> {
              var out = Json.object().put("allowed", false);
              out.putObject("status").put("reason", "labels are missing").put("code", 418);
              return out;
            });
    register("reason", hook("reason.example.com", client, ""));
    var told = settled("{metadata: {name: one}}", 418);
    assertThat(told.message())
        .isEqualTo(
            "admission webhook \"reason.example.com\" denied the request: labels are missing");
    assertThat(told.body().path("reason").asText()).isEqualTo("labels are missing");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should honor timeout"
          + " [Conformance]")
  void timesOut() {
    String client = hooks.on("/slow", asked -> Json.object().put("hang", true));
    register("slow", hook("slow.example.com", client, ", timeoutSeconds: 1"));
    assertThat(settled("{metadata: {name: one}}", 500).message())
        .endsWith("/slow?timeout=1s\": context deadline exceeded");
    api.delete(CONFIGURATIONS).ok();

    WebhookServer.Answer late = asked -> WebhookServer.allowAfter(1_500);
    register("late", hook("late.example.com", hooks.on("/late", late), ", timeoutSeconds: 1"));
    settled("{metadata: {name: one}}", 500);
    api.delete(CONFIGURATIONS).ok();
    settled("{metadata: {name: settled}}", 201);
    api.delete(MAPS + "/settled");

    register(
        "ignored",
        hook(
            "late.example.com",
            hooks.on("/ignored", late),
            ", timeoutSeconds: 1, failurePolicy: Ignore"));
    createdWhileAsked("/ignored");
    api.delete(CONFIGURATIONS).ok();
    register(
        "patient", hook("late.example.com", hooks.on("/patient", late), ", timeoutSeconds: 30"));
    createdWhileAsked("/patient");
    api.delete(CONFIGURATIONS).ok();
    register("default", hook("late.example.com", hooks.on("/default", late), ""));
    assertThat(
            api.get(CONFIGURATIONS + "/default")
                .ok()
                .body()
                .at("/webhooks/0/timeoutSeconds")
                .asInt())
        .isEqualTo(10);
    createdWhileAsked("/default");
  }

  /** Creates dry until the webhook was asked; always allowed. */
  private static void createdWhileAsked(String path) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          api.post(MAPS + "?dryRun=All", "{metadata: {name: waits}}").ok();
          return !hooks.seen(path).isEmpty();
        });
  }

  @Test
  void selectorsRulesAndWarnings() {
    String client =
        hooks.on(
            "/warn",
            asked -> {
              var out = WebhookServer.allow();
              out.putArray("warnings").add("looked at");
              return out;
            });
    register(
        "select",
        hook(
            "select.example.com",
            client,
            ", objectSelector: {matchLabels: {look: at}}, namespaceSelector: {matchExpressions:"
                + " [{key: kubernetes.io/metadata.name, operator: NotIn, values:"
                + " [kube-system]}]}"));
    String map = "{metadata: {name: one, labels: {look: at}}}";
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(api.post(MAPS + "?dryRun=All", map).ok().warnings())
                .containsExactly("299 - \"looked at\""));
    assertThat(api.post(MAPS + "?dryRun=All", "{metadata: {name: one}}").ok().warnings()).isEmpty();
    String system = MAPS.replace("default", "kube-system");
    assertThat(api.post(system + "?dryRun=All", map).ok().warnings()).isEmpty();
    assertThat(api.post("/api/v1/namespaces/default/secrets?dryRun=All", map).ok().warnings())
        .isEmpty();
  }

  @Test
  void answersMustBeToTheReview() {
    String client = hooks.on("/uid", asked -> WebhookServer.allow().put("uid", "another"));
    register("uid", hook("uid.example.com", client, ""));
    assertThat(settled("{metadata: {name: one}}", 500).message())
        .contains("received invalid webhook response: expected response.uid=");
  }

  @Test
  void servicesThatAreNotThereAreNamed() {
    String client =
        "{service: {namespace: default, name: none, port: 8443, path: /service}, caBundle: "
            + hooks.caBundle()
            + "}";
    register("service", hook("service.example.com", client, ""));
    assertThat(settled("{metadata: {name: one}}", 500).message())
        .contains(
            "Post \"https://none.default.svc:8443/service?timeout=10s\": service \"none\" not"
                + " found");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should not be able to mutate"
          + " or prevent deletion of webhook configuration objects [Conformance]")
  void configurationsAreExempt() {
    String client = hooks.on("/all", asked -> WebhookServer.deny("never"));
    String all =
        hook("all.example.com", client, "")
            .replace("apiGroups: [\"\"]", "apiGroups: [\"*\"]")
            .replace("resources: [pods, configmaps, pods/attach]", "resources: [\"*\"]");
    String labels =
        hooks.on(
            "/labels",
            asked ->
                asked.path("operation").asText().equals("DELETE")
                    ? WebhookServer.allow()
                    : WebhookServer.patch(
                        "[{\"op\":\"add\",\"path\":\"/metadata/labels\",\"value\":"
                            + "{\"added-label\":\"yes\"}}]"));
    String mutating = CONFIGURATIONS.replace("validating", "mutating");
    String hook = all.replace("all.example.com", "labels.example.com").replace(client, labels);
    String configuration =
        "{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration,"
            + " metadata: {name: %s}, webhooks: [%s]}";
    api.post(mutating, configuration.formatted("labels", hook)).ok();
    register("all", all);
    settled("{metadata: {name: one}}", 400);
    assertThat(hooks.seen("/labels")).isNotEmpty();
    for (String path : new String[] {CONFIGURATIONS, mutating}) {
      String text =
          path.equals(mutating)
              ? configuration.formatted("other", hook)
              : configuration.formatted("other", all).replace("Mutating", "Validating");
      JsonNode made = api.post(path, text).ok().body();
      assertThat(made.at("/metadata/labels").has("added-label")).isFalse();
      JsonNode changed = api.merge(path + "/other", "{metadata: {labels: {a: b}}}").ok().body();
      assertThat(changed.at("/metadata/labels").toString()).isEqualTo("{\"a\":\"b\"}");
      api.delete(path + "/other").ok();
      assertThat(api.get(path + "/other").code()).isEqualTo(404);
    }
    api.delete(mutating).ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to create and"
          + " update validating webhook configurations with match conditions [Conformance]")
  void matchConditionsNarrow() {
    String client = hooks.on("/narrow", asked -> WebhookServer.deny("matched"));
    register(
        "narrow",
        hook(
            "narrow.example.com",
            client,
            ", matchConditions: [{name: big, expression: \"object.data.size() > 1\"}]"));
    settled("{metadata: {name: one}, data: {a: x, b: y}}", 400);
    api.post(MAPS + "?dryRun=All", "{metadata: {name: one}, data: {a: x}}").ok();
    ObjectNode configuration = api.get(CONFIGURATIONS + "/narrow").ok().body().deepCopy();
    JsonNode conditions =
        TestApi.tree(
                "{x: [{name: some, expression: object.data.size() > 0}, {name: none, expression:"
                    + " \"object.data.none == 'x'\"}]}")
            .get("x");
    assertThat(configuration.at("/webhooks/0/matchConditions/0/name").asText()).isEqualTo("big");
    ((ObjectNode) configuration.at("/webhooks/0")).set("matchConditions", conditions);
    api.put(CONFIGURATIONS + "/narrow", configuration).ok();
    assertThat(api.get(CONFIGURATIONS + "/narrow").ok().body().at("/webhooks/0/matchConditions"))
        .isEqualTo(conditions);
    assertThat(settled("{metadata: {name: one}, data: {a: x}}", 403).message())
        .isEqualTo(
            "configmaps \"one\" is forbidden: expression 'object.data.none == 'x'' resulted in"
                + " error: no such key: none");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should reject validating"
          + " webhook configurations with invalid match conditions [Conformance]")
  void invalidMatchConditionsAreRefused() {
    String wrong =
        hook(
            "wrong.example.com",
            hooks.on("/wrong", asked -> WebhookServer.allow()),
            ", matchConditions: [{name: bad, expression: \"... [] bad expression\"}]");
    Answer refused =
        api.post(
            CONFIGURATIONS,
            "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration,"
                + " metadata: {name: wrong}, webhooks: ["
                + wrong
                + "]}");
    assertThat(refused.code()).isEqualTo(422);
    assertThat(refused.message())
        .contains("webhooks[0].matchConditions[0].expression", "compilation failed");
  }

  @Test
  void webhooksAreShownWhatTheKubeconfigHasForThem() throws Exception {
    register("shown", hook("shown.test.io", hooks.on("/shown", _ -> WebhookServer.allow()), ""));
    settled("metadata: {name: first}", 201);
    await()
        .untilAsserted(() ->
            assertThat(hooks.shown("/shown")).contains("Bearer first CN=admin,O=system:masters"));
    Files.writeString(dir.resolve("token"), "second");
    await()
        .untilAsserted(() -> {
          api.post(MAPS, "metadata: {name: first}");
          assertThat(hooks.shown("/shown")).contains("Bearer second CN=admin,O=system:masters");
        });
    api.delete(MAPS + "/first").ok();
  }
}
