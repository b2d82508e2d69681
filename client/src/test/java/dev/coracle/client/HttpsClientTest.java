package dev.coracle.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.config.HttpsClientOptions;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpsClientTest {

  private static final String POD =
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"a\",\"name\":\"p\",\"resourceVersion\":\"%d\"}}";

  private final Vertx vertx = Vertx.vertx();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private volatile Consumer<HttpServerRequest> answer = r -> r.response().end(POD.formatted(1));
  private HttpServer server;

  @BeforeEach
  void listen() throws Exception {
    server =
        vertx
            .createHttpServer()
            .requestHandler(request ->
                request
                    .body()
                    .onSuccess(body -> {
                      requests.add(request.method() + " " + request.uri() + " " + body.toString());
                      answer.accept(request);
                    }))
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get();
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }

  private HttpsClientOptions options() {
    return HttpsClientOptions.of(
        URI.create("http://127.0.0.1:" + server.actualPort()), "", "coracle-test");
  }

  private HttpsClient client() {
    return new HttpsClient(vertx, options());
  }

  private static <T> T get(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(10));
  }

  @Test
  void speaksTheVerbs() {
    HttpsClient client = client();
    KubeObject pod = get(client.get(Resources.PODS, "a", "p"));
    assertThat(pod.name()).isEqualTo("p");
    get(client.updateStatus(Resources.PODS, pod));
    get(client.patch(Resources.PODS, "a", "p", Patch.merge(n -> n.put("x", 1))));
    get(client.delete(Resources.PODS, "a", "p", DeleteOptions.now()));
    assertThat(requests.get(0)).isEqualTo("GET /api/v1/namespaces/a/pods/p ");
    assertThat(requests.get(1)).startsWith("PUT /api/v1/namespaces/a/pods/p/status {");
    assertThat(requests.get(2)).isEqualTo("PATCH /api/v1/namespaces/a/pods/p {\"x\":1}");
    assertThat(requests.get(3)).startsWith("DELETE /api/v1/namespaces/a/pods/p {\"kind\":\"Delete");
  }

  @Test
  void listsWithTypesOnItems() {
    answer =
        r ->
            r.response()
                .end(
                    "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"7\"},"
                        + "\"items\":[{\"metadata\":{\"name\":\"x\"}}]}");
    KubeList list =
        get(
            client()
                .list(
                    Resources.PODS,
                    "",
                    ListOptions.ALL.withLabels(LabelSelector.parse("a in (b,c)"))));
    assertThat(list.resourceVersion()).isEqualTo("7");
    assertThat(list.items().getFirst().gvk().toString()).isEqualTo("v1, Kind=Pod");
    assertThat(requests.getFirst()).startsWith("GET /api/v1/pods?labelSelector=a+in+%28b%2Cc%29");
  }

  private static void refuse(HttpServerRequest request, int code, String after) {
    request
        .response()
        .setStatusCode(code)
        .putHeader("Content-Type", "text/plain; charset=utf-8")
        .putHeader("Retry-After", after)
        .end("Too many requests, please try again later.\n");
  }

  @Test
  void asksAgainWhenTheServerSaysSo() {
    answer =
        r -> {
          switch (requests.size()) {
            case 1 -> refuse(r, 429, "0");
            case 2 -> refuse(r, 503, "1");
            default -> r.response().end(POD.formatted(1));
          }
        };
    long before = System.nanoTime();
    get(client().patch(Resources.PODS, "a", "p", Patch.merge(n -> n.put("x", 1))));
    assertThat(System.nanoTime() - before).isGreaterThan(Duration.ofSeconds(1).toNanos());
    assertThat(requests).hasSize(3).containsOnly("PATCH /api/v1/namespaces/a/pods/p {\"x\":1}");
  }

  @Test
  void asksAgainTenTimesAtMost() {
    answer = r -> refuse(r, 429, "0");
    assertThatThrownBy(() -> get(client().get(Resources.PODS, "a", "p")))
        .satisfies(e -> assertThat(StatusException.is(e, StatusReason.TOO_MANY_REQUESTS)).isTrue())
        .hasMessage("Too many requests, please try again later.");
    assertThat(requests).hasSize(11);
    requests.clear();
    AssertSubscriber<WatchEvent> watch = AssertSubscriber.create(1);
    client().watch(Resources.PODS, "a", WatchOptions.from("1")).subscribe(watch);
    watch.awaitFailure(Duration.ofSeconds(10));
    assertThat(requests).hasSize(11);
  }

  @Test
  void asksOnceWhereTheServerDoesNotSayWhenOrWantsTooLong() {
    for (String after : List.of("Wed, 21 Oct 2026 07:28:00 GMT", "61", "-1", "", "99999999999")) {
      requests.clear();
      answer = r -> refuse(r, 429, after);
      assertThatThrownBy(() -> get(client().get(Resources.PODS, "a", "p")))
          .isInstanceOf(StatusException.class);
      assertThat(requests).as(after).hasSize(1);
    }
    requests.clear();
    answer = r -> refuse(r, 409, "1");
    assertThatThrownBy(() -> get(client().get(Resources.PODS, "a", "p")))
        .isInstanceOf(StatusException.class);
    assertThat(requests).as("a conflict").hasSize(1);
  }

  @Test
  void turnsFailuresIntoStatuses() {
    answer =
        r ->
            r.response()
                .setStatusCode(404)
                .end(
                    new String(
                        dev.coracle.api.Json.bytes(
                            StatusException.notFound(Resources.PODS.groupResource(), "p")
                                .status()
                                .toJson())));
    assertThatThrownBy(() -> get(client().get(Resources.PODS, "a", "p")))
        .satisfies(e -> assertThat(StatusException.isNotFound(e)).isTrue())
        .hasMessage("pods \"p\" not found");
    answer = r -> r.response().setStatusCode(502).end("<html>");
    assertThatThrownBy(() -> get(client().get(Resources.PODS, "a", "p")))
        .isInstanceOf(StatusException.class);
    server.close().toCompletionStage().toCompletableFuture().join();
    assertThatThrownBy(() -> get(client().get(Resources.PODS, "a", "p")))
        .satisfies(
            e -> assertThat(StatusException.is(e, StatusReason.SERVICE_UNAVAILABLE)).isTrue());
  }

  @Test
  void watchesWithBackPressure() {
    int many = 5000;
    answer =
        r -> {
          r.response().setChunked(true);
          for (int i = 0; i < many; i++) {
            String line = "{\"type\":\"MODIFIED\",\"object\":" + POD.formatted(i) + "}\n";
            r.response().write(line.substring(0, 20));
            r.response().write(line.substring(20));
          }
          r.response()
              .end(
                  "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}\n");
        };
    AssertSubscriber<WatchEvent> subscriber =
        client()
            .watch(Resources.PODS, "a", WatchOptions.from("1"))
            .subscribe()
            .withSubscriber(AssertSubscriber.create(0));
    subscriber.request(10);
    subscriber.awaitItems(10, Duration.ofSeconds(10));
    subscriber.request(Long.MAX_VALUE - 10);
    subscriber.awaitCompletion(Duration.ofSeconds(10));
    assertThat(subscriber.getItems()).hasSize(many + 1);
    for (int i = 0; i < many; i++) {
      assertThat(subscriber.getItems().get(i))
          .isInstanceOfSatisfying(
              WatchEvent.Modified.class, e -> assertThat(e.object().name()).isEqualTo("p"));
    }
    assertThat(subscriber.getItems().getLast()).isEqualTo(new WatchEvent.Bookmark("9", false));
  }

  @Test
  void aCancelledWatchEndsAtTheServer() {
    List<String> ended = new CopyOnWriteArrayList<>();
    answer =
        r -> {
          r.response().setChunked(true).closeHandler(_ -> ended.add("closed"));
          r.response().write("{\"type\":\"ADDED\",\"object\":" + POD.formatted(1) + "}\n");
        };
    AssertSubscriber<WatchEvent> subscriber =
        client()
            .watch(Resources.PODS, "a", WatchOptions.from("1"))
            .subscribe()
            .withSubscriber(AssertSubscriber.create(5));
    subscriber.awaitItems(1, Duration.ofSeconds(10));
    subscriber.cancel();
    await().untilAsserted(() -> assertThat(ended).isNotEmpty());
  }

  @Test
  void sendsTheTokenOfAFile(@TempDir Path dir) throws Exception {
    Path file = Files.writeString(dir.resolve("token"), "t1\n");
    List<String> seen = new CopyOnWriteArrayList<>();
    answer =
        r -> {
          seen.add(String.valueOf(r.getHeader("Authorization")));
          r.response().end(POD.formatted(1));
        };
    HttpsClient client = new HttpsClient(vertx, options().withTokenFile(file));
    get(client.get(Resources.PODS, "a", "p"));
    assertThat(seen).containsExactly("Bearer t1");
  }
}
