package dev.coracle.apiserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.apiserver.config.ApiServerOptions.Limits;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import dev.coracle.apiserver.config.ApiServerOptions.Shutdown;
import dev.coracle.apiserver.config.SecurityOptions;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whoever was let in before the server's end is answered; others are told where they stand. */
class GracefulTerminationTest {

  private static final String SLOW = "/api/v1/namespaces/default/configmaps/slow";
  private static final String CODE = "/version";

  /** Gets of one object are answered when the test says so. */
  private static final class SlowStore extends ForwardingStore {
    private final CompletableFuture<Void> asked = new CompletableFuture<>();
    private final CompletableFuture<Void> release = new CompletableFuture<>();

    @Override
    public Uni<KubeObject> get(GroupResource resource, NamespacedName name) {
      if (!name.name().equals("slow")) {
        return super.get(resource, name);
      }
      asked.complete(null);
      return Uni.createFrom()
          .completionStage(release)
          .chain(() ->
              super.get(new GroupResource("", "namespaces"), new NamespacedName("", "default")));
    }
  }

  private record Answer(int code, String retryAfter, String connection, String body) {}

  @TempDir private Path dir;
  private final SlowStore store = new SlowStore();
  private TestServer server;
  private HttpClientAgent client;

  private void start(HttpVersion version, Shutdown shutdown) throws Exception {
    server =
        new TestServer(
            dir, store, SecurityOptions.DEFAULT, Services.DEFAULT, Limits.DEFAULT, shutdown);
    client = server.client("admin", version);
  }

  @AfterEach
  void stop() throws Exception {
    store.release.complete(null);
    server.close();
  }

  private Future<Answer> get(String path) {
    return client
        .request(HttpMethod.GET, path)
        .compose(request -> request.send().compose(GracefulTerminationTest::answer));
  }

  private static Future<Answer> answer(HttpClientResponse response) {
    return response
        .body()
        .map(body ->
            new Answer(
                response.statusCode(),
                String.valueOf(response.getHeader("Retry-After")),
                String.valueOf(response.getHeader("Connection")),
                body.toString(UTF_8)));
  }

  private Answer got(String path) throws Exception {
    return get(path).await(10, TimeUnit.SECONDS);
  }

  private void untilDraining() {
    await().until(() -> got(CODE).code() != 200);
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP_1_1", "HTTP_2"})
  void whatWasLetInIsAnsweredAndWhatComesLaterIsNot(HttpVersion version) throws Exception {
    start(version, Shutdown.DEFAULT);
    Future<Answer> slow = get(SLOW);
    store.asked.get(10, TimeUnit.SECONDS);
    CompletionStage<Void> stopped = server.server().stop();
    untilDraining();
    Answer late = got(CODE);
    assertThat(late.code()).isEqualTo(503);
    assertThat(late.retryAfter()).isEqualTo("1");
    assertThat(late.body()).contains("apiserver is shutting down", "ServiceUnavailable");
    assertThat(got("/livez").code()).isEqualTo(200);
    assertThat(got("/readyz").body()).contains("[-]shutdown failed");
    assertThat(stopped.toCompletableFuture()).isNotDone();
    store.release.complete(null);
    assertThat(slow.await(10, TimeUnit.SECONDS).code()).isEqualTo(200);
    assertThat(stopped.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP_1_1", "HTTP_2"})
  void whoIsToComeAgainIsToldSo(HttpVersion version) throws Exception {
    start(version, new Shutdown(Duration.ZERO, true, Duration.ZERO));
    Future<Answer> slow = get(SLOW);
    store.asked.get(10, TimeUnit.SECONDS);
    CompletionStage<Void> stopped = server.server().stop();
    untilDraining();
    Answer late = got(CODE);
    assertThat(late.code()).isEqualTo(429);
    assertThat(late.retryAfter()).isEqualTo("5");
    assertThat(late.body()).isEqualTo("The apiserver is shutting down, please try again later.\n");
    assertThat(late.connection()).isEqualTo(version == HttpVersion.HTTP_2 ? "null" : "close");
    store.release.complete(null);
    assertThat(slow.await(10, TimeUnit.SECONDS).code()).isEqualTo(200);
    assertThat(stopped.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP_1_1", "HTTP_2"})
  void watchesEndAsIfTheirTimeWereOver(HttpVersion version) throws Exception {
    start(version, new Shutdown(Duration.ZERO, false, Duration.ofSeconds(1)));
    Buffer events = Buffer.buffer();
    Promise<Void> begun = Promise.promise();
    Promise<Void> ended = Promise.promise();
    client
        .request(HttpMethod.GET, "/api/v1/namespaces?watch=1&resourceVersion=0")
        .compose(request -> request.send())
        .onSuccess(watch ->
            watch
                .handler(some -> {
                  events.appendBuffer(some);
                  begun.tryComplete();
                })
                .endHandler(_ -> ended.complete())
                .exceptionHandler(ended::tryFail))
        .onFailure(begun::fail);
    begun.future().await(10, TimeUnit.SECONDS);
    CompletionStage<Void> stopped = server.server().stop();
    // A cut connection fails this.
    ended.future().await(10, TimeUnit.SECONDS);
    assertThat(events.toString(UTF_8)).contains("ADDED").endsWith("\n");
    assertThat(stopped.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
  }

  @Test
  void allIsServedWhileLoadBalancersFindOut() throws Exception {
    start(HttpVersion.HTTP_2, new Shutdown(Duration.ofSeconds(2), false, Duration.ZERO));
    CompletionStage<Void> stopped = server.server().stop();
    await().until(() -> got("/readyz").code() == 500);
    assertThat(got("/api/v1/namespaces/default").code()).isEqualTo(200);
    assertThat(got("/livez").code()).isEqualTo(200);
    assertThat(stopped.toCompletableFuture()).isNotDone();
    assertThat(stopped.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
  }
}
