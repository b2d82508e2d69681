package dev.coracle.apiserver.extending;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.Json;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestApi.Answer;
import dev.coracle.apiserver.TestApi.Exchanged;
import dev.coracle.apiserver.TestServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client's {@code ?timeout=} is the request's time, as far as the server allows it. */
class RequestDeadlinesTest {

  private static final String CONFIGURATIONS =
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
  private static final String MAPS = "/api/v1/namespaces/default/configmaps";

  @TempDir private static Path dir;
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

  @ParameterizedTest
  @CsvSource({
    "x, invalid duration",
    "5, missing unit in duration",
    "1d, unknown unit \"d\" in duration",
    "9999999999h, invalid duration",
    ".s, invalid duration",
  })
  void whatIsNoTimeIsRefusedOnEveryPath(String value, String why) {
    for (String path : new String[] {MAPS, "/version", "/healthz", "/nope"}) {
      Answer answer = api.get(path + "?timeout=" + value);
      assertThat(answer.code()).as(path).isEqualTo(400);
      assertThat(answer.message())
          .isEqualTo(
              "invalid timeout specified in the request URL - time: %s \"%s\""
                  .formatted(why, value));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "0s", "-1s", "%2B20s", "1h", "1m0.5s", "20s&timeout=x"})
  void otherTimesAreTaken(String value) {
    assertThat(api.get(MAPS + "?timeout=" + value).code()).isEqualTo(200);
  }

  @Test
  void watchesHaveTheirOwn() {
    byte[] body = new byte[0];
    assertThat(
            api.exchange(
                    "GET",
                    MAPS + "?watch=1&timeoutSeconds=1&timeout=x",
                    "",
                    "application/json",
                    body)
                .code())
        .isEqualTo(200);
  }

  @Test
  void whatIsLateIsAnsweredAsKubernetesDoes() {
    Exchanged answer =
        api.exchange("GET", MAPS + "?timeout=1ns", "", "application/json", new byte[0]);
    assertThat(answer.code()).isEqualTo(504);
    assertThat(new String(answer.bytes(), UTF_8))
        .isEqualTo(
            "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"Timeout: request did not"
                + " complete within the allotted timeout\",\"reason\":\"Timeout\",\"details\":{},"
                + "\"code\":504}\n");
    assertThat(
            server
                .meters()
                .get("apiserver_request_terminations_total")
                .tags("code", "504", "verb", "GET", "component", "apiserver")
                .counter()
                .count())
        .isPositive();
  }

  /** The webhook is given up at that time and its failure ignored; the write is not made up for. */
  @Test
  void whatWasAnsweredAsLateIsNotWritten() {
    String hook = hooks.on("/silent", _ -> Json.object().put("hang", true));
    api.post(
            CONFIGURATIONS,
            """
            metadata: {name: silent}
            webhooks:
            - name: silent.example.com
              admissionReviewVersions: [v1]
              sideEffects: None
              failurePolicy: Ignore
              timeoutSeconds: 30
              rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE, DELETE], resources: [configmaps]}]
              objectSelector: {matchLabels: {slow: "true"}}
              clientConfig: %s
            """
                .formatted(hook))
        .ok();
    api.post(MAPS, "metadata: {name: there}").ok();
    String slow = "metadata: {name: new, labels: {slow: \"true\"}}";
    String probe = "metadata: {generateName: probe-, labels: {slow: \"true\"}}";
    await()
        .untilAsserted(
            () -> assertThat(api.post(MAPS + "?timeout=300ms", probe).code()).isEqualTo(504));
    assertThat(api.post(MAPS + "?timeout=300ms", slow).code()).isEqualTo(504);
    String change = "{metadata: {labels: {slow: \"true\"}}, data: {a: b}}";
    assertThat(api.merge(MAPS + "/there?timeout=300ms", change).code()).isEqualTo(504);

    api.delete(CONFIGURATIONS + "/silent").ok();
    await()
        .untilAsserted(
            () -> assertThat(api.post(MAPS + "?timeout=300ms", probe).code()).isEqualTo(201));
    assertThat(api.post(MAPS, slow).code()).isEqualTo(201);
    assertThat(api.get(MAPS + "/there").ok().body().path("data").isMissingNode()).isTrue();
  }
}
