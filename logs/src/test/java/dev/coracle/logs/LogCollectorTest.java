package dev.coracle.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.logs.config.LogOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the files a runtime writes to what a search finds. */
class LogCollectorTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir private Path directory;

  private final Vertx vertx = Vertx.vertx();
  private final FakeClient client = new FakeClient();
  private LogCollector collector;

  @BeforeEach
  void pods() {
    client.put(
        Resources.PODS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"cart","uid":"u1",
             "labels":{"app":"cart"}}}\
            """));
  }

  @AfterEach
  void stop() throws Exception {
    stopCollector();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private void stopCollector() throws Exception {
    if (collector != null) {
      collector.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }

  private void start(long maxBytes, int segmentBytes, Optional<URI> sink) throws Exception {
    collector =
        new LogCollector(
            vertx,
            client,
            new LogOptions(
                directory.resolve("pods"),
                directory.resolve("store"),
                maxBytes,
                segmentBytes,
                "node-1",
                sink,
                Duration.ofMillis(20)),
            new SimpleMeterRegistry());
    collector.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private void start() throws Exception {
    start(1 << 20, 1 << 16, Optional.empty());
  }

  private Path log(String pod, String container) throws IOException {
    return Files.createDirectories(directory.resolve("pods").resolve(pod).resolve(container))
        .resolve("0.log");
  }

  private static String line(int second, String text) {
    return "2030-01-01T00:%02d:%02d.5Z stdout F %s\n".formatted(second / 60, second % 60, text);
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private KubeList search(String namespace, String fields, String labels) {
    return search(
        namespace,
        ListOptions.ALL
            .withFields(FieldSelector.parse(fields))
            .withLabels(LabelSelector.parse(labels)));
  }

  private KubeList search(String namespace, ListOptions options) {
    return collector.search().orElseThrow().list(namespace, options).await().atMost(SOON);
  }

  private static List<String> messages(KubeList list) {
    return list.items().stream().map(e -> e.text("message")).toList();
  }

  private void awaitMessages(String namespace, String fields, String... expected) {
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(messages(search(namespace, fields, ""))).containsExactly(expected));
  }

  @Test
  void linesAreFoundAsTheyAreWrittenWithWhoseTheyAre() throws Exception {
    Path before = log("shop_cart_u1", "web");
    append(before, line(1, "before the start"));
    start();
    awaitMessages("shop", "", "before the start");
    append(before, line(2, "while it runs"));
    append(log("shop_cart_u1", "sidecar"), line(3, "of a new container"));
    append(log("other_job_u2", "main"), line(4, "of another namespace"));
    awaitMessages("shop", "", "before the start", "while it runs", "of a new container");
    awaitMessages("", "pod=job", "of another namespace");
    KubeObject entry = search("shop", "container=sidecar", "app=cart").items().getFirst();
    assertThat(entry.text("podUID")).isEqualTo("u1");
    assertThat(entry.text("node")).isEqualTo("node-1");
    assertThat(entry.text("time")).isEqualTo("2030-01-01T00:00:03.500000000Z");
    assertThat(entry.labels()).containsEntry("app", "cart");
    assertThat(search("shop", "", "app=other").items()).isEmpty();
    LogSearch search = collector.search().orElseThrow();
    assertThat(search.get("shop", entry.name()).await().atMost(SOON)).isEqualTo(entry);
    assertThatThrownBy(() -> search.get("other", entry.name()).await().atMost(SOON))
        .isInstanceOf(StatusException.class)
        .hasMessageContaining("not found");
  }

  @Test
  void searchesByWordsStreamAndTime() throws Exception {
    Path file = log("shop_cart_u1", "web");
    append(file, line(1, "GET /cart 200"));
    append(file, "2030-01-01T00:00:02Z stderr F Connection REFUSED by db\n");
    append(file, line(3, "GET /cart 500"));
    start();
    awaitMessages("shop", "message=connection refused", "Connection REFUSED by db");
    assertThat(messages(search("shop", "message=cart,message=500", "")))
        .containsExactly("GET /cart 500");
    assertThat(messages(search("shop", "output=stderr", "")))
        .containsExactly("Connection REFUSED by db");
    assertThat(messages(search("shop", "since=2030-01-01T00:00:02Z", "")))
        .containsExactly("GET /cart 500");
    assertThat(messages(search("shop", "since=10m", ""))).hasSize(3);
    assertThatThrownBy(() -> search("shop", "colour=red", ""))
        .hasMessageContaining("field label not supported: colour");
    assertThatThrownBy(() -> search("shop", "since=yesterday", ""))
        .hasMessageContaining("neither a duration");
  }

  @Test
  void partsOfALongLineAreOneEntry() throws Exception {
    Path file = log("shop_cart_u1", "web");
    start();
    append(file, "2030-01-01T00:00:01Z stdout P one \n2030-01-01T00:00:01Z stdout P two \n");
    append(file, "2030-01-01T00:00:01Z stdout F three\n2030-01-01T00:00:02Z stdout F nex");
    awaitMessages("shop", "", "one two three");
    append(file, "t\n");
    awaitMessages("shop", "", "one two three", "next");
  }

  @Test
  void aRotatedFileIsReadToItsEndAndTheNewOneFromItsStart() throws Exception {
    Path file = log("shop_cart_u1", "web");
    append(file, line(1, "first"));
    start();
    awaitMessages("shop", "", "first");
    Path rotated = file.resolveSibling("0.log.20300101-000002");
    Files.move(file, rotated);
    append(rotated, line(2, "still into the old one"));
    append(file, line(3, "into the new one"));
    awaitMessages("shop", "", "first", "still into the old one", "into the new one");
  }

  @Test
  void aRestartGoesOnWhereItWas() throws Exception {
    Path file = log("shop_cart_u1", "web");
    append(file, line(1, "one"));
    start();
    awaitMessages("shop", "", "one");
    stopCollector();
    append(file, line(2, "two"));
    start();
    awaitMessages("shop", "", "one", "two");
  }

  @Test
  void pagesGoBackInTime() throws Exception {
    Path file = log("shop_cart_u1", "web");
    StringBuilder text = new StringBuilder();
    IntStream.range(0, 1000).forEach(i -> text.append(line(i, "number " + i)));
    append(file, text.toString());
    start(1 << 20, 1 << 12, Optional.empty());
    Awaitility.await()
        .atMost(SOON)
        .until(() -> messages(search("shop", "message=number 999", "")).size() == 1);
    KubeList newest = search("shop", ListOptions.ALL.withLimit(10, ""));
    assertThat(messages(newest)).hasSize(10).endsWith("number 999").startsWith("number 990");
    KubeList before = search("shop", ListOptions.ALL.withLimit(10, newest.continueToken()));
    assertThat(messages(before)).hasSize(10).endsWith("number 989").startsWith("number 980");
    assertThat(messages(search("shop", "message=number 17,message=17", ""))).contains("number 17");
  }

  @Test
  void theOldestGoWhenTheStoreIsFull() throws Exception {
    Path file = log("shop_cart_u1", "web");
    start(128 * 1024, 4 * 1024, Optional.empty());
    for (int i = 0; i < 40; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = 0; n < 20; n++) {
        text.append(line(i, "round " + i + " " + "x".repeat(40)));
      }
      append(file, text.toString());
      String now = "message=round " + i + " x";
      Awaitility.await().atMost(SOON).until(() -> search("shop", now, "").items().size() == 20);
    }
    assertThat(search("shop", "message=round 0 x", "").items()).isEmpty();
    try (var files = Files.list(directory.resolve("store"))) {
      long size = files.mapToLong(f -> f.toFile().length()).sum();
      assertThat(size).isLessThan(160 * 1024);
    }
  }

  @Test
  void whatTheSinkRefusesForNowComesAgain() throws Exception {
    List<String> indexed = new CopyOnWriteArrayList<>();
    List<String> indices = new CopyOnWriteArrayList<>();
    AtomicInteger requests = new AtomicInteger();
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(request ->
                request
                    .body()
                    .onSuccess(body -> {
                      if (requests.incrementAndGet() == 1) {
                        request.response().setStatusCode(503).end("overloaded");
                        return;
                      }
                      assertThat(request.path()).isEqualTo("/_bulk");
                      String[] lines = body.toString().split("\n");
                      JsonArray items = new JsonArray();
                      for (int i = 0; i < lines.length; i += 2) {
                        boolean later = requests.get() == 2 && i == 0;
                        items.add(
                            new JsonObject()
                                .put("create", new JsonObject().put("status", later ? 429 : 201)));
                        if (!later) {
                          indices.add(
                              new JsonObject(lines[i]).getJsonObject("create").getString("_index"));
                          JsonObject document = new JsonObject(lines[i + 1]);
                          indexed.add(
                              document.getString("message")
                                  + " "
                                  + document.getJsonObject("kubernetes").getString("namespace"));
                        }
                      }
                      request.response().end(new JsonObject().put("items", items).encode());
                    }));
    server
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
    start(1 << 20, 1 << 16, Optional.of(URI.create("http://127.0.0.1:" + server.actualPort())));
    append(log("shop_cart_u1", "web"), line(1, "a") + line(2, "b"));
    Awaitility.await().atMost(SOON).until(() -> indexed.size() == 2);
    assertThat(indexed).containsExactlyInAnyOrder("a shop", "b shop");
    assertThat(indices).containsOnly("coracle-logs-2030.01.01");
  }
}
