package dev.coracle.apiserver.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RemoteJsonTest {

  private final Vertx vertx = Vertx.vertx();
  @TempDir private Path dir;

  @AfterEach
  void close() throws Exception {
    got(vertx.close());
  }

  private static <T> T got(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private Path kubeconfig(String server) throws Exception {
    return Files.writeString(
        dir.resolve("kubeconfig"),
        """
        clusters: [{name: c, cluster: {server: "%s"}}]
        users: [{name: u, user: {token: t}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
            .formatted(server));
  }

  @Test
  void anHttpServerIsAskedWithoutTls() throws Exception {
    HttpServer server =
        got(
            vertx
                .createHttpServer()
                .requestHandler(r ->
                    r.body()
                        .onSuccess(body ->
                            r.response()
                                .end(
                                    Json.object()
                                        .put("path", r.path())
                                        .put("bearer", r.getHeader("Authorization"))
                                        .put("body", body.toString())
                                        .toString())))
                .listen(0, "127.0.0.1"));
    String url = "http://127.0.0.1:" + server.actualPort() + "/who";
    try (RemoteJson remote = RemoteJson.ofKubeconfig(vertx, kubeconfig(url))) {
      JsonNode answer = got(remote.post(Json.object().put("a", 1)));
      assertThat(answer.toString())
          .isEqualTo("{\"path\":\"/who\",\"bearer\":\"Bearer t\",\"body\":\"{\\\"a\\\":1}\"}");
      assertThatThrownBy(() -> got(remote.get(URI.create(url + "/else"))))
          .hasMessageContaining("not an https URL");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "localhost:8443", "ftp://localhost", "http://", "https://a b"})
  void otherServersAreRefused(String server) throws Exception {
    Path file = kubeconfig(server);
    assertThatThrownBy(() -> RemoteJson.ofKubeconfig(vertx, file))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageEndingWith("needs a current context whose cluster has an https or http server");
  }
}
