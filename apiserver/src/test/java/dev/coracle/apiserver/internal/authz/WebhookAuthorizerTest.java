package dev.coracle.apiserver.internal.authz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authz.Authorizer.Verdict;
import dev.coracle.apiserver.internal.http.RemoteJson;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is counted of an authorization webhook; upstream: test/integration/auth, authz_config. */
class WebhookAuthorizerTest {

  @TempDir Path dir;
  private final Vertx vertx = Vertx.vertx();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private RemoteJson remote;

  /** Answers by the namespace that is asked about. */
  @BeforeEach
  void serve() throws Exception {
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(request ->
                request
                    .body()
                    .onSuccess(body -> {
                      String asked = body.toString();
                      if (asked.contains("\"namespace\":\"broken\"")) {
                        request.response().setStatusCode(500).end();
                      } else if (!asked.contains("\"namespace\":\"silent\"")) {
                        request.response().end("{\"status\":{\"allowed\":true}}");
                      }
                    }))
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
    Path kubeconfig = dir.resolve("kubeconfig");
    Files.writeString(
        kubeconfig,
        """
        {current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
         clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}],
         users: [{name: u, user: {}}]}
        """
            .formatted(server.actualPort()));
    remote = RemoteJson.ofKubeconfig(vertx, kubeconfig);
  }

  @AfterEach
  void stop() throws Exception {
    remote.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private Verdict ask(String name, boolean denyOnFailure, String namespace) {
    WebhookSettings settings =
        new WebhookSettings(
            name,
            Duration.ofSeconds(namespace.equals("silent") ? 1 : 30),
            Duration.ZERO,
            Duration.ZERO,
            "v1",
            denyOnFailure,
            List.of());
    return new WebhookAuthorizer(remote, settings, Clock.systemUTC(), meters)
        .ask(Attributes.resource(UserInfo.of("jane"), "get", "", "pods", "", namespace, "p"))
        .await()
        .atMost(Duration.ofSeconds(30))
        .verdict();
  }

  private double counted(String what, String name, String result) {
    var found =
        meters
            .find("apiserver_authorization_webhook_" + what)
            .tags("name", name, "result", result)
            .counter();
    return found == null ? 0 : found.count();
  }

  @Test
  void callsAreCountedByHowTheyEnd() {
    assertThat(ask("open", false, "good")).isEqualTo(Verdict.ALLOW);
    assertThat(ask("open", false, "broken")).isEqualTo(Verdict.NO_OPINION);
    assertThat(ask("open", false, "silent")).isEqualTo(Verdict.NO_OPINION);
    assertThat(ask("closed", true, "broken")).isEqualTo(Verdict.DENY);
    for (String result : List.of("success", "error", "timeout")) {
      assertThat(counted("evaluations_total", "open", result)).as(result).isEqualTo(1);
    }
    assertThat(counted("evaluations_fail_open_total", "open", "success")).isZero();
    assertThat(counted("evaluations_fail_open_total", "open", "error")).isEqualTo(1);
    assertThat(counted("evaluations_fail_open_total", "open", "timeout")).isEqualTo(1);
    assertThat(counted("evaluations_total", "closed", "error")).isEqualTo(1);
    assertThat(counted("evaluations_fail_open_total", "closed", "error")).isZero();
    assertThat(
            meters
                .get("apiserver_authorization_webhook_duration_seconds")
                .tags("name", "open", "result", "timeout")
                .timer()
                .totalTime(TimeUnit.SECONDS))
        .isGreaterThan(0.9);
  }
}
