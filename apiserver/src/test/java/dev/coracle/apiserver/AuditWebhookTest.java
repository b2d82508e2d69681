package dev.coracle.apiserver;

import static dev.coracle.api.rest.WriteOptions.NONE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.apiserver.config.AuditDelivery;
import dev.coracle.apiserver.config.AuditDelivery.Mode;
import dev.coracle.apiserver.config.AuditOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that wait until a service has their events, and are refused where it has not. */
class AuditWebhookTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps";

  @TempDir static Path dir;
  private static final Vertx VERTX = Vertx.vertx();
  private static final List<String> STAGES = new CopyOnWriteArrayList<>();
  private static volatile boolean down;
  private static TestServer server;
  private static TestApi api;

  @BeforeAll
  static void start() throws Exception {
    HttpServer service =
        VERTX
            .createHttpServer()
            .requestHandler(AuditWebhookTest::serve)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
    Files.writeString(
        dir.resolve("policy.yaml"),
        """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        rules:
        - level: RequestResponse
          users: [admin]
          resources: [{group: "", resources: [configmaps]}]
        """);
    Files.writeString(
        dir.resolve("webhook"),
        """
        {current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
         clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}],
         users: [{name: u, user: {}}]}
        """
            .formatted(service.actualPort()));
    AuditOptions.Webhook webhook =
        new AuditOptions.Webhook(
            dir.resolve("webhook"),
            Duration.ofMillis(1),
            new AuditDelivery(
                Mode.BLOCKING_STRICT,
                AuditDelivery.WEBHOOK.batch(),
                AuditDelivery.WEBHOOK.truncation()));
    server =
        new TestServer(
            dir,
            new MemoryStore(),
            SecurityOptions.DEFAULT.withAudit(
                new AuditOptions(dir.resolve("policy.yaml"), AuditOptions.Log.NONE, webhook)));
    api = new TestApi(server);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
    VERTX.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static void serve(HttpServerRequest request) {
    request
        .body()
        .onSuccess(body -> {
          if (down) {
            request.response().setStatusCode(500).end();
            return;
          }
          for (JsonNode event : Json.parse(body.getBytes()).path("items")) {
            STAGES.add(event.path("stage").asText() + " " + event.path("verb").asText());
          }
          request.response().end();
        });
  }

  private static double count(String name, String... tags) {
    return server.meters().counter(name, tags).count();
  }

  @Test
  void aRequestIsAnsweredWhenItsEventsAreThereAndRefusedWhereTheyCannotBe() {
    STAGES.clear();
    double events = count("apiserver_audit_event_total");
    double lost = count("apiserver_audit_error_total", "plugin", "webhook");
    double rejected = count("apiserver_audit_requests_rejected_total");
    api.post(MAPS, "{metadata: {name: kept}, data: {a: b}}").ok();
    assertThat(STAGES).endsWith("RequestReceived create", "ResponseComplete create");
    assertThat(count("apiserver_audit_event_total") - events).isEqualTo(2);
    down = true;
    TestApi.Exchanged refused =
        api.exchange(
            "POST",
            MAPS,
            "application/json",
            "application/json",
            "{\"metadata\":{\"name\":\"unseen\"}}".getBytes(UTF_8));
    down = false;
    assertThat(refused.code()).isEqualTo(500);
    assertThat(new String(refused.bytes(), UTF_8))
        .isEqualTo("Internal Server Error: \"" + MAPS + "\": failed to store audit event\n");
    assertThat(count("apiserver_audit_requests_rejected_total") - rejected).isEqualTo(1);
    assertThat(count("apiserver_audit_error_total", "plugin", "webhook") - lost).isEqualTo(1);
    assertThat(api.get(MAPS + "/unseen").code()).isEqualTo(404);
    assertThat(api.get(MAPS + "/kept").code()).isEqualTo(200);
    assertThat(STAGES).endsWith("RequestReceived get", "ResponseComplete get");
  }

  @Test
  void soAreCallsInsideTheProcess() {
    ApiCalls calls = server.server().callsAs(UserInfo.of("admin", UserInfo.MASTERS));
    KubeObject map =
        KubeObject.parse(
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"inside\"}}");
    int before = STAGES.size();
    double rejected = count("apiserver_audit_requests_rejected_total");
    double levels = count("apiserver_audit_level_total", "level", "RequestResponse");
    down = true;
    assertThatThrownBy(() -> now(calls.create(Resources.CONFIG_MAPS, "default", map, NONE)))
        .hasMessageContaining("failed to store audit event");
    assertThatThrownBy(() ->
            now(
                calls
                    .watch(Resources.CONFIG_MAPS, "default", WatchOptions.from("0"))
                    .collect()
                    .first()))
        .hasMessageContaining("failed to store audit event");
    down = false;
    assertThat(count("apiserver_audit_requests_rejected_total") - rejected).isEqualTo(2);
    assertThat(count("apiserver_audit_level_total", "level", "RequestResponse") - levels)
        .isEqualTo(2);
    assertThat(STAGES).hasSize(before);
    now(calls.create(Resources.CONFIG_MAPS, "default", map, NONE));
    assertThat(STAGES.get(before)).isEqualTo("RequestReceived create");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(STAGES).hasSize(before + 2));
    assertThat(STAGES).endsWith("ResponseComplete create");
  }

  private static <T> T now(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(30));
  }
}
