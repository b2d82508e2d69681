package dev.coracle.apiserver.internal.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.config.AuditDelivery;
import dev.coracle.apiserver.config.AuditDelivery.Batch;
import dev.coracle.apiserver.config.AuditDelivery.Mode;
import dev.coracle.apiserver.config.AuditDelivery.Truncation;
import dev.coracle.apiserver.internal.http.RemoteJson;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How events get to where they go, or are lost and counted. */
class AuditDeliveryTest {

  private static final Duration EVER = Duration.ofDays(1);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AuditMeters meters = new AuditMeters(registry);

  /** Keeps what it is given, and answers when and what the test says. */
  private static final class Kept implements AuditOutput {
    private final BlockingQueue<List<AuditEvent>> batches = new LinkedBlockingQueue<>();
    private volatile Future<Void> answer = Future.succeededFuture();

    @Override
    public String plugin() {
      return "kept";
    }

    @Override
    public Future<Void> process(List<AuditEvent> events) {
      batches.add(List.copyOf(events));
      return answer;
    }

    @Override
    public void close() {}

    List<String> next() throws InterruptedException {
      List<AuditEvent> batch = batches.poll(30, TimeUnit.SECONDS);
      assertThat(batch).isNotNull();
      return batch.stream().map(e -> new String(e.encode())).toList();
    }
  }

  private static AuditEvent event(int n) {
    return new AuditEvent(Json.object().put("n", n), null, null, false, 10);
  }

  private static String text(int n) {
    return "{\"n\":" + n + "}";
  }

  private double lost(String plugin) {
    return registry.counter("apiserver_audit_error_total", "plugin", plugin).count();
  }

  private BatchingBackend batching(Kept kept, int buffer, int size, Duration wait) {
    return new BatchingBackend(kept, new Batch(buffer, size, wait, true, 100, 100), meters);
  }

  @Test
  void aBatchIsSentWhenItIsFullOrOldOrAtTheEnd() throws Exception {
    Kept kept = new Kept();
    BatchingBackend full = batching(kept, 100, 2, EVER);
    for (int i = 0; i < 3; i++) {
      assertThat(full.add(event(i)).result()).isTrue();
    }
    assertThat(kept.next()).containsExactly(text(0), text(1));
    assertThat(kept.batches).isEmpty();
    full.close();
    assertThat(kept.next()).containsExactly(text(2));
    full.add(event(3));
    assertThat(lost("buffered")).as("after the end").isEqualTo(1);

    BatchingBackend old = batching(kept, 100, 400, Duration.ofMillis(10));
    old.add(event(4));
    assertThat(kept.next()).containsExactly(text(4));
    old.close();
  }

  @Test
  void whatWaitsOrIsUnderWayIsBounded() throws Exception {
    Kept kept = new Kept();
    kept.answer = Promise.<Void>promise().future();
    BatchingBackend backend = batching(kept, 3, 1, EVER);
    AuditEvent large = new AuditEvent(Json.object(), null, null, false, 40L << 20);
    backend.add(large);
    assertThat(kept.next()).hasSize(1);
    backend.add(large);
    assertThat(lost("buffered")).as("no room while the first is under way").isEqualTo(1);
    backend.close();
  }

  @Test
  void aRequestWaitsForItsEventAndIsRefusedWithoutOnlyWhereThatIsStrict() throws Exception {
    Kept kept = new Kept();
    Promise<Void> answer = Promise.promise();
    kept.answer = answer.future();
    Future<Boolean> waits = new BlockingBackend(kept, true, meters).add(event(1));
    assertThat(kept.next()).containsExactly(text(1));
    assertThat(waits.isComplete()).isFalse();
    answer.complete();
    assertThat(get(waits)).isTrue();
    kept.answer = Future.failedFuture("gone");
    assertThat(get(new BlockingBackend(kept, true, meters).add(event(2)))).isFalse();
    assertThat(get(new BlockingBackend(kept, false, meters).add(event(3)))).isTrue();
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static AuditEvent withBody(String level, int bytes) {
    ObjectNode head = Json.object().put("level", level);
    head.putObject("annotations").put("a", "b");
    JsonNode body = Json.object().put("x", "y".repeat(bytes));
    return new AuditEvent(head, () -> body, null, false, bytes);
  }

  @Test
  void largeEventsLoseTheirBodiesAndLargeBatchesAreSentInParts() throws Exception {
    Kept kept = new Kept();
    TruncatingOutput output = new TruncatingOutput(kept, new Truncation(true, 150, 100), meters);
    get(output.process(List.of(withBody("Request", 10), withBody("RequestResponse", 1000))));
    assertThat(kept.next())
        .containsExactly(
            "{\"level\":\"Request\",\"annotations\":{\"a\":\"b\"},\"requestObject\":{\"x\":\""
                + "y".repeat(10)
                + "\"}}");
    assertThat(kept.next())
        .containsExactly(
            "{\"level\":\"RequestResponse\",\"annotations\":{\"a\":\"b\","
                + "\"audit.k8s.io/truncated\":\"true\"}}");
    ObjectNode large = Json.object().put("level", "Metadata").put("requestURI", "/".repeat(200));
    get(output.process(List.of(new AuditEvent(large, null, null, false, 10))));
    assertThat(kept.batches).isEmpty();
    assertThat(lost("truncate")).isEqualTo(1);
  }

  @Test
  void theWebhookGetsAListAndIsAskedAgainLater(@TempDir Path dir) throws Exception {
    Vertx vertx = Vertx.vertx();
    List<String> bodies = new ArrayList<>();
    AtomicInteger failures = new AtomicInteger(2);
    HttpServer service =
        get(
            vertx
                .createHttpServer()
                .requestHandler(request ->
                    request
                        .body()
                        .onSuccess(body -> {
                          boolean fails = failures.getAndDecrement() > 0;
                          if (!fails) {
                            bodies.add(body.toString());
                          }
                          request.response().setStatusCode(fails ? 404 : 200).end("thanks");
                        }))
                .listen(0, "127.0.0.1"));
    Path config = dir.resolve("kubeconfig");
    Files.writeString(
        config,
        """
        {current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
         clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d/audit"}}],
         users: [{name: u, user: {}}]}
        """
            .formatted(service.actualPort()));
    RemoteJson remote = RemoteJson.ofKubeconfig(vertx, config);
    AuditWebhook webhook = new AuditWebhook(vertx, remote, Duration.ofMillis(1), () -> 0.5, meters);
    ObjectNode head =
        Json.object()
            .put("kind", "Event")
            .put("apiVersion", "audit.k8s.io/v1")
            .put("level", "Metadata");
    get(webhook.process(List.of(new AuditEvent(head, null, null, false, 10), event(2))));
    assertThat(bodies)
        .containsExactly(
            "{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"metadata\":{},"
                + "\"items\":[{\"level\":\"Metadata\"},{\"n\":2}]}");
    failures.set(1000);
    assertThat(webhook.process(List.of(event(3), event(4))).onComplete(_ -> {}))
        .satisfies(sent -> assertThatThrownBy(() -> get(sent)).hasMessageContaining("404"));
    assertThat(failures.get()).as("five attempts").isEqualTo(995);
    assertThat(lost("webhook")).isEqualTo(2);
    webhook.close();
    get(vertx.close());
  }

  @Test
  void whatMakesNoSenseIsRefusedInUpstreamsWords() {
    Batch none = new Batch(0, 1, Duration.ZERO, false, 0, 0);
    assertThatThrownBy(() -> new AuditDelivery(Mode.BATCH, none, Truncation.NONE).check("webhook"))
        .hasMessage("invalid audit batch webhook buffer size 0, must be a positive number");
    new AuditDelivery(Mode.BLOCKING, none, Truncation.NONE).check("log");
    assertThatThrownBy(() ->
            new AuditDelivery(
                    Mode.BATCH, AuditDelivery.WEBHOOK.batch(), new Truncation(false, 5, 10))
                .check("log"))
        .hasMessage(
            "invalid audit truncate log max batch size 5, must be greater than max event size"
                + " (10)");
  }
}
