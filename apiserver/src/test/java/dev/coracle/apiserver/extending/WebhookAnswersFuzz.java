package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestApi.Answer;
import dev.coracle.apiserver.TestServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Webhooks that answer anything: what was asked is done, or refused as upstream refuses it, in
 * words that name the webhook; never is it a failure of the server's own. Seeded as {@link Fuzzer}
 * is.
 */
class WebhookAnswersFuzz {

  private static final String ADMISSION = "/apis/admissionregistration.k8s.io/v1/";
  private static final String MAPS = "/api/v1/namespaces/default/configmaps?dryRun=All";
  private static final String[] WORDS = {
    "{",
    "}",
    "[",
    "]",
    "null",
    "\"response\":",
    "\"uid\":\"UID\"",
    "\"allowed\":true",
    "1e999",
    "\"patch\":\"W10=\"",
    "\"patchType\":\"JSONPatch\"",
    "\"patch\":\"!\"",
    "\"patch\":5",
    "\"warnings\":",
    "\"auditAnnotations\":{\"a\":1}",
    "\"status\":{\"code\":",
    "99999999999",
    "-1",
    "\"reason\":\"X\"",
    "\"convertedObjects\":",
    "\"result\":",
    "\"metadata\":1",
    "\"apiVersion\":5",
    "\\u0000"
  };

  @TempDir static Path dir;
  private static TestServer server;
  private static TestApi api;
  private static WebhookServer hooks;
  private static final AtomicReference<byte[]> ANSWER = new AtomicReference<>(new byte[0]);

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

  /** Answers with what is set, with the review's own uid where {@code UID} stands. */
  private static String client(String path) {
    return hooks.onWhole(
        path,
        asked ->
            new String(ANSWER.get(), StandardCharsets.ISO_8859_1)
                .replace("UID", asked.path("uid").asText())
                .getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void register(String kind, String client) {
    api.post(
            ADMISSION + kind.toLowerCase(java.util.Locale.ROOT) + "webhookconfigurations",
            "{apiVersion: admissionregistration.k8s.io/v1, kind: "
                + kind
                + "WebhookConfiguration, metadata: {name: fuzz}, webhooks: [{name:"
                + " fuzz.example.com, clientConfig: "
                + client
                + ", sideEffects: None, admissionReviewVersions: [v1], rules: [{apiGroups: [\"\"],"
                + " apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]}]}")
        .ok();
    set("{\"response\":{\"uid\":\"UID\",\"allowed\":false,\"status\":{\"message\":\"settled\"}}}");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> map().message().contains("fuzz.example.com"));
  }

  private static void set(String answer) {
    ANSWER.set(answer.getBytes(StandardCharsets.UTF_8));
  }

  private static Answer map() {
    return api.post(MAPS, "{metadata: {name: a}, data: {a: b}}");
  }

  private static void admitted(byte[] answer) {
    ANSWER.set(answer);
    Answer got = map();
    if (got.code() >= 500) {
      assertThat(got.message()).contains("fuzz.example.com");
    } else if (got.code() >= 400) {
      assertThat(got.message()).isNotEmpty();
    }
  }

  private static Fuzzer reviews() {
    String head =
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":";
    return new Fuzzer()
        .seeds(
            head
                + "{\"uid\":\"UID\",\"allowed\":true,\"warnings\":[\"w\"],\"auditAnnotations\":{\"a\":\"b\"}}}",
            head
                + "{\"uid\":\"UID\",\"allowed\":false,\"status\":{\"code\":418,\"reason\":\"Teapot\","
                + "\"message\":\"m\",\"details\":{\"causes\":[{\"field\":\"f\"}]}}}}",
            head
                + "{\"uid\":\"UID\",\"allowed\":true,\"patchType\":\"JSONPatch\",\"patch\":"
                + "\"W3sib3AiOiJhZGQiLCJwYXRoIjoiL2RhdGEveCIsInZhbHVlIjoieSJ9XQ==\"}}",
            "",
            "null",
            "[]",
            "{}")
        .words(WORDS)
        .percent(8);
  }

  @Test
  void verdicts() throws InterruptedException {
    register("Validating", client("/validating"));
    reviews().run(WebhookAnswersFuzz::admitted);
    api.delete(ADMISSION + "validatingwebhookconfigurations").ok();
  }

  @Test
  void patches() throws InterruptedException {
    register("Mutating", client("/mutating"));
    reviews().run(WebhookAnswersFuzz::admitted);
    api.delete(ADMISSION + "mutatingwebhookconfigurations").ok();
  }

  @Test
  void conversions() throws InterruptedException {
    String version =
        "{name: %s, served: true, storage: %s, schema: {openAPIV3Schema: {type: object,"
            + " x-kubernetes-preserve-unknown-fields: true}}}";
    api.post(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name:"
                + " fuzzes.example.com}, spec: {group: example.com, scope: Cluster, names: {plural:"
                + " fuzzes, singular: fuzz, kind: Fuzz, listKind: FuzzList}, conversion: {strategy:"
                + " Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: "
                + client("/convert")
                + "}}, versions: ["
                + version.formatted("v1", true)
                + ", "
                + version.formatted("v2", false)
                + "]}}")
        .ok();
    String path = "/apis/example.com/%s/fuzzes";
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> api.get(path.formatted("v1")).code() == 200);
    api.post(
            path.formatted("v1"),
            "{apiVersion: example.com/v1, kind: Fuzz, metadata: {name: a, labels: {a: b}}}")
        .ok();
    String uid = api.get(path.formatted("v1") + "/a").body().at("/metadata/uid").asText();
    String head =
        "{\"apiVersion\":\"apiextensions.k8s.io/v1\",\"kind\":\"ConversionReview\","
            + "\"response\":{\"uid\":\"UID\",\"result\":{\"status\":";
    String object =
        "{\"apiVersion\":\"example.com/v2\",\"kind\":\"Fuzz\",\"metadata\":{\"name\":\"a\",\"uid\":\""
            + uid
            + "\",\"labels\":{\"x\":\"y\"}}}";
    set(head + "\"Success\"},\"convertedObjects\":[" + object + "]}}");
    assertThat(api.get(path.formatted("v2") + "/a").ok().body().at("/metadata/labels/x").asText())
        .isEqualTo("y");
    new Fuzzer()
        .seeds(
            head + "\"Success\"},\"convertedObjects\":[" + object + "]}}",
            head + "\"Failure\",\"message\":\"no\"}}}",
            "",
            "{}")
        .words(WORDS)
        .words(object, "\"labels\":[1]", "\"annotations\":{\"a\":1}", "\"name\":null")
        .percent(8)
        .run(answer -> {
          ANSWER.set(answer);
          for (String asked : new String[] {path.formatted("v2") + "/a", path.formatted("v2")}) {
            Answer got = api.get(asked);
            if (got.code() >= 400) {
              assertThat(got.message())
                  .contains("conversion webhook for example.com/v1, Kind=Fuzz");
            }
          }
        });
    api.get(path.formatted("v1") + "/a").ok();
  }
}
