package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.apiserver.MemoryStore;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestServer;
import dev.coracle.apiserver.config.SecurityOptions;
import dev.coracle.tracing.Collector;
import io.opentelemetry.proto.trace.v1.Span;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a collector is told of requests, and webhooks of the trace they are called in (KEP-647). */
class RequestTracesTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps";
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SAMPLED = "00-" + TRACE + "-b7ad6b7169203331-01";

  @TempDir private Path dir;
  private final Vertx vertx = Vertx.vertx();
  private Collector collector;

  @BeforeEach
  void listen() throws Exception {
    collector = new Collector(vertx);
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private TestServer traced(String rate) throws Exception {
    Path file = dir.resolve("tracing.yaml");
    Files.writeString(
        file,
        "apiVersion: apiserver.config.k8s.io/v1\nkind: TracingConfiguration\nendpoint: "
            + collector.endpoint()
            + "\n"
            + rate);
    return new TestServer(dir, new MemoryStore(), SecurityOptions.DEFAULT.withTracing(file));
  }

  private static void create(TestApi api, String name, String trace) {
    api.exchange(
            "POST",
            MAPS,
            "application/yaml",
            "application/json",
            ("{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + "}}")
                .getBytes(StandardCharsets.UTF_8),
            trace.isEmpty() ? Map.of() : Map.of("traceparent", trace))
        .ok();
  }

  private static void register(TestApi api, WebhookServer hooks) {
    api.post(
            "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
            "{metadata: {name: traced}, webhooks: [{name: h.example.com, clientConfig: "
                + hooks.on("/traced", _ -> WebhookServer.allow())
                + ", sideEffects: None, admissionReviewVersions: [v1], rules: [{apiGroups:"
                + " [\"\"], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]}]}")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          api.post(MAPS + "?dryRun=All", "metadata: {name: probe}").ok();
          return !hooks.seen("/traced").isEmpty();
        });
  }

  private static String hex(com.google.protobuf.ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  @Test
  void aTraceThatAnAdministratorSampledGoesThroughServerAndWebhook() throws Exception {
    WebhookServer hooks;
    try (TestServer server = traced("")) {
      TestApi api = new TestApi(server);
      hooks = new WebhookServer(vertx, server.pki());
      register(api, hooks);
      create(api, "traced", SAMPLED);
      api.get(MAPS + "/traced").ok();
    }
    Span request = collector.spans("POST /api/v1/namespaces/{:namespace}/configmaps").getFirst();
    assertThat(hex(request.getTraceId())).isEqualTo(TRACE);
    assertThat(hex(request.getParentSpanId())).isEqualTo("b7ad6b7169203331");
    assertThat(Collector.text(request, "http.target")).isEqualTo(MAPS);
    assertThat(Collector.text(request, "audit-id")).hasSize(36);
    assertThat(request.getAttributesList().toString())
        .contains("http.response.status_code", "int_value: 201");
    Span verb = collector.spans("Create").getFirst();
    assertThat(verb.getParentSpanId()).isEqualTo(request.getSpanId());
    assertThat(Collector.text(verb, "resource")).isEqualTo("configmaps");
    Span call = collector.spans("Call mutating webhook").getFirst();
    assertThat(call.getParentSpanId()).isEqualTo(verb.getSpanId());
    assertThat(Collector.text(call, "webhook")).isEqualTo("h.example.com");
    assertThat(Collector.text(call, "configuration")).isEqualTo("traced");
    assertThat(hooks.traces("/traced"))
        .contains("00-" + TRACE + "-" + hex(call.getSpanId()) + "-01");
    assertThat(collector.spans()).as("nothing else was sampled").hasSize(3);
  }

  /** Asks for the version as part of a trace, with this certificate or without any. */
  private void version(TestServer server, @Nullable KeyCertOptions who) throws Exception {
    HttpClientOptions options =
        new HttpClientOptions()
            .setSsl(true)
            .setDefaultHost("127.0.0.1")
            .setDefaultPort(server.server().port())
            .setTrustOptions(
                new PemTrustOptions().addCertPath(server.pki().path("ca.crt").toString()));
    if (who != null) {
      options.setKeyCertOptions(who);
    }
    HttpClientAgent client = vertx.createHttpClient(options);
    int code =
        client
            .request(HttpMethod.GET, "/version")
            .compose(request ->
                request
                    .putHeader("traceparent", SAMPLED)
                    .send()
                    .compose(response -> response.body().map(response.statusCode())))
            .eventually(client::close)
            .toCompletionStage()
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    assertThat(code).isEqualTo(200);
  }

  @Test
  void whoIsNotTrustedBeginsATraceOfHisOwn() throws Exception {
    try (TestServer server = traced("samplingRatePerMillion: 1000000\n")) {
      version(
          server,
          new PemKeyCertOptions()
              .setCertPath(server.pki().path("admin.crt").toString())
              .setKeyPath(server.pki().path("admin.key").toString()));
      version(server, null);
    }
    Span trusted = collector.spans("GET").get(0);
    Span own = collector.spans("GET").get(1);
    assertThat(hex(trusted.getTraceId())).isEqualTo(TRACE);
    assertThat(hex(own.getTraceId())).isNotEqualTo(TRACE);
    assertThat(own.getParentSpanId().isEmpty()).isTrue();
    assertThat(hex(own.getLinks(0).getTraceId())).isEqualTo(TRACE);
  }

  @Test
  void withoutTracesWebhooksHearOfTheCallersAllTheSame() throws Exception {
    try (TestServer server = new TestServer(dir)) {
      TestApi api = new TestApi(server);
      WebhookServer hooks = new WebhookServer(vertx, server.pki());
      register(api, hooks);
      create(api, "untraced", SAMPLED);
      assertThat(hooks.traces("/traced")).containsExactly(SAMPLED);
    }
    assertThat(collector.spans()).isEmpty();
  }
}
