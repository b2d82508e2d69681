package dev.coracle.kubelet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.coracle.api.StatusException;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import dev.coracle.tracing.Tracing;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The server over real TLS: who gets in, what the plain endpoints say, and the clients that are not
 * kubectl.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class KubeletServerTest {
  @TempDir static Path directory;

  private final Vertx vertx = Vertx.vertx();
  private final List<NodeAttributes> asked = new CopyOnWriteArrayList<>();
  private final MeterRegistry meters = new SimpleMeterRegistry();
  private TestPki pki;
  private KubeletServer server;
  private KubeletServerOptions options;
  private ProcessRuntime runtime;
  private final FakePods pods = new FakePods();
  private volatile Optional<String> syncLoop = Optional.empty();
  private WebSocketClient webSockets;
  private int port;

  private record Answer(int status, String body) {}

  @BeforeAll
  void start() throws Exception {
    pki =
        new TestPki(directory)
            .issue("server", "CN=server")
            .issue("admin", "CN=admin,O=system:masters")
            .issue("apiserver", "CN=kube-apiserver-kubelet-client")
            .issue("alice", "CN=alice,O=dev");
    Path log = directory.resolve("0.log");
    Files.writeString(
        log, "2026-01-01T00:00:00Z stdout F one\n2026-01-01T00:00:01Z stdout F two\n");
    Files.createDirectory(directory.resolve("var"));
    Files.writeString(directory.resolve("var").resolve("node.log"), "the node's log");
    pods.put(
        new PodView(
            "default",
            "web",
            "u1",
            Optional.of("s1"),
            List.of(
                container(
                    "app",
                    Optional.of(new ContainerView.Instance("c1", log, false)),
                    Optional.empty()),
                container(
                    "live",
                    Optional.of(new ContainerView.Instance("c2", log, true)),
                    Optional.empty()),
                container("new", Optional.empty(), Optional.of("ContainerCreating")),
                container("bad", Optional.empty(), Optional.of("ImagePullBackOff")))));
    runtime = new ProcessRuntime(vertx, Set.of("ws-v5", "ws-v4"));
    NodeDocuments plain = KubectlStreamingTest.documents();
    NodeDocuments documents =
        new NodeDocuments(
            plain.pods(),
            plain.runningPods(),
            plain.configz(),
            () -> Uni.createFrom().item("kubelet_up 1\n"),
            plain.probeMetrics(),
            plain.stats(),
            this::logEntries,
            () -> Map.of("port", "0", "node-name", "n1"),
            HealthChecks.of(new HealthChecks.HealthCheck("syncloop", () -> syncLoop)));
    options =
        KubeletServerOptions.defaults(
                "n1", pki.certificate("server"), pki.key("server"), pki.certificate("ca"))
            .withListen("127.0.0.1", 0)
            .withTrustedUsers(Set.of("kube-apiserver-kubelet-client"))
            .withLogDirectory(directory.resolve("var"));
    server =
        new KubeletServer(
            vertx,
            options,
            new KubeletServerBackend(auth(), pods, runtime, this::checkpoint, documents),
            Tracing.NONE,
            new KubeletMetrics(meters, "n1").http());
    port = server.start().await().indefinitely();
    HttpClientOptions tls = tls("admin");
    // Held here: Vert.x closes a client that nobody refers to any more.
    webSockets =
        vertx.createWebSocketClient(
            new WebSocketClientOptions()
                .setSsl(true)
                .setTrustOptions(tls.getTrustOptions())
                .setKeyCertOptions(tls.getKeyCertOptions()));
  }

  /** A runtime that can do this within a minute, and not in less. */
  private Uni<Path> checkpoint(
      PodView pod, String name, ContainerView.Instance container, long timeout) {
    return timeout == 60
        ? Uni.createFrom().item(Path.of("/c", name + "-" + container.containerId()))
        : Uni.createFrom().failure(new IllegalStateException("rpc error: no time"));
  }

  /** Answers with what it was asked for; keeps nothing of namespace {@code none}. */
  private Optional<Uni<JsonNode>> logEntries(UnaryOperator<String> parameters) {
    if (parameters.apply("namespace").equals("none")) {
      return Optional.empty();
    }
    return Optional.of(
        parameters.apply("limit").equals("x")
            ? Uni.createFrom().failure(StatusException.badRequest("limit=x is no number"))
            : Uni.createFrom()
                .item(
                    JsonNodeFactory.instance
                        .objectNode()
                        .put("asked", parameters.apply("fieldSelector"))
                        .put("absent", parameters.apply("name"))));
  }

  @AfterAll
  void stop() throws Exception {
    server.stop().await().indefinitely();
    runtime.close();
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }

  private static ContainerView container(
      String name, Optional<ContainerView.Instance> current, Optional<String> reason) {
    return new ContainerView(name, current, Optional.empty(), reason, false, true);
  }

  private KubeletAuth auth() {
    return new KubeletAuth() {
      @Override
      public Uni<Optional<UserInfo>> authenticate(String token) {
        return Uni.createFrom()
            .item(
                token.startsWith("token-")
                    ? Optional.of(
                        new UserInfo(
                            token.substring(6), "", List.of("system:authenticated"), Map.of()))
                    : Optional.empty());
      }

      @Override
      public Uni<Boolean> authorize(UserInfo user, NodeAttributes attributes) {
        asked.add(attributes);
        return user.name().equals("broken")
            ? Uni.createFrom().failure(new IllegalStateException("no API server"))
            : Uni.createFrom()
                .item(
                    user.name().equals("prometheus") && attributes.subresource().equals("metrics"));
      }
    };
  }

  private HttpClientOptions tls(@Nullable String identity) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setSsl(true)
            .setTrustOptions(new PemTrustOptions().addCertPath(pki.certificate("ca").toString()));
    if (identity != null) {
      options.setKeyCertOptions(
          new PemKeyCertOptions()
              .setCertPath(pki.certificate(identity).toString())
              .setKeyPath(pki.key(identity).toString()));
    }
    return options;
  }

  private Answer get(@Nullable String identity, @Nullable String token, String uri)
      throws Exception {
    return send(HttpMethod.GET, identity, token, uri);
  }

  private Answer send(
      HttpMethod method, @Nullable String identity, @Nullable String token, String uri)
      throws Exception {
    return send(method, identity, token, uri, Map.of());
  }

  private Answer send(
      HttpMethod method,
      @Nullable String identity,
      @Nullable String token,
      String uri,
      Map<String, String> headers)
      throws Exception {
    HttpClient client = vertx.createHttpClient(tls(identity));
    try {
      return client
          .request(method, port, "localhost", uri)
          .compose(request -> {
            headers.forEach(request::putHeader);
            if (token != null) {
              request.putHeader("Authorization", "Bearer " + token);
            }
            return request
                .send()
                .compose(response ->
                    response.body().map(b -> new Answer(response.statusCode(), b.toString())));
          })
          .toCompletionStage()
          .toCompletableFuture()
          .get(10, TimeUnit.SECONDS);
    } finally {
      client.close();
    }
  }

  @Test
  void containersAreOutOfReachWhereDebuggingIsOff() throws Exception {
    KubeletServer closed =
        new KubeletServer(
            vertx,
            options.withDebugging(false),
            new KubeletServerBackend(
                auth(), pods, runtime, this::checkpoint, KubectlStreamingTest.documents()));
    int open = port;
    port = closed.start().await().indefinitely();
    try {
      Answer disabled = new Answer(405, "Debug endpoints are disabled.\n");
      for (String uri :
          List.of(
              "/exec/default/web/app?command=id",
              "/attach/default/web/app",
              "/portForward/default/web",
              "/containerLogs/default/web/app",
              "/runningpods/",
              "/logs/node.log")) {
        assertThat(get("admin", null, uri)).as(uri).isEqualTo(disabled);
      }
      assertThat(send(HttpMethod.POST, "admin", null, "/run/default/web/app")).isEqualTo(disabled);
      assertThat(get("admin", null, "/pods").status()).isEqualTo(200);
      assertThat(get("alice", null, "/exec/default/web/app").status()).isEqualTo(403);
    } finally {
      port = open;
      closed.stop().await().indefinitely();
    }
  }

  @Test
  void healthIsToldWithoutTlsAndNothingElseIs() throws Exception {
    NodeDocuments documents = KubectlStreamingTest.documents();
    HealthzServer plain =
        new HealthzServer(
            vertx,
            "127.0.0.1",
            0,
            new NodeDocuments(
                documents.pods(),
                documents.runningPods(),
                documents.configz(),
                documents.metrics(),
                documents.probeMetrics(),
                documents.stats(),
                documents.logEntries(),
                documents.flags(),
                HealthChecks.of(new HealthChecks.HealthCheck("syncloop", () -> syncLoop))));
    int at = plain.start().await().indefinitely();
    HttpClient client = vertx.createHttpClient();
    try {
      assertThat(plainly(client, at, "/healthz")).isEqualTo(new Answer(200, "ok"));
      assertThat(plainly(client, at, "/pods").status()).isEqualTo(404);
      syncLoop = Optional.of("stuck");
      assertThat(plainly(client, at, "/healthz").status()).isEqualTo(500);
      HealthzServer second = new HealthzServer(vertx, "127.0.0.1", at, documents);
      assertThat(second.start().await().indefinitely()).as("taken, and no more").isZero();
    } finally {
      syncLoop = Optional.empty();
      client.close();
      plain.stop().await().indefinitely();
    }
  }

  private static Answer plainly(HttpClient client, int port, String uri) throws Exception {
    return client
        .request(HttpMethod.GET, port, "127.0.0.1", uri)
        // In one turn: an answer that is here before its reader is lost.
        .compose(request ->
            request
                .send()
                .compose(response ->
                    response.body().map(b -> new Answer(response.statusCode(), b.toString()))))
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  @Test
  void itTellsOfItselfAndOfTheOptionsItRunsWith() throws Exception {
    assertThat(get("admin", null, "/statusz").body())
        .startsWith("\nkubelet statusz\nWarning: ")
        .contains("Binary version: 1.36\n", "Paths: /checkpoint /configz /flagz ");
    assertThat(get("admin", null, "/flagz").body())
        .startsWith("\nkubelet flags\nWarning: ")
        .containsPattern("\nnode-name(:|: |=| )n1\nport(:|: |=| )0\n");
    String kind = "application/json;v=v1beta1;g=config.k8s.io;as=";
    assertThat(accepting("/statusz", kind + "Statusz").body())
        .startsWith("{\"kind\":\"Statusz\",\"apiVersion\":\"config.k8s.io/v1beta1\"");
    assertThat(accepting("/flagz", kind + "Flagz").body())
        .contains("\"name\":\"kubelet\"", "\"flags\":{\"node-name\":\"n1\",\"port\":\"0\"}");
    assertThat(accepting("/flagz", kind.replace("json", "yaml") + "Flagz").body())
        .contains("kind: Flagz\napiVersion: config.k8s.io/v1beta1\n");
    Answer refused = accepting("/flagz", kind + "Statusz");
    assertThat(refused.status()).isEqualTo(406);
    assertThat(refused.body()).contains("\"reason\":\"NotAcceptable\"");
  }

  @Test
  void whoMaySeeThePagesIsAskedAsUpstreamDoes() throws Exception {
    for (var page : Map.of("/statusz", "statusz proxy", "/flagz", "configz proxy").entrySet()) {
      assertThat(get("alice", null, page.getKey()))
          .isEqualTo(
              new Answer(
                  403,
                  "Forbidden (user=alice, verb=get, resource=nodes, subresource(s)=["
                      + page.getValue()
                      + "])"));
    }
  }

  private Answer accepting(String uri, String accept) throws Exception {
    return send(HttpMethod.GET, "admin", null, uri, Map.of("Accept", accept));
  }

  @Test
  void metricsAreCompressedForWhoTakesThat() throws Exception {
    HttpClient client = vertx.createHttpClient(tls("admin"));
    try {
      assertThat(unzipped(client, "/metrics", "deflate, gzip;q=0.8")).isEqualTo("kubelet_up 1\n");
      assertThat(unzipped(client, "/metrics/resource", "gzip")).contains("scrape_error");
    } finally {
      client.close();
    }
  }

  private String unzipped(HttpClient client, String uri, String accepted) throws Exception {
    byte[] body =
        client
            .request(HttpMethod.GET, port, "localhost", uri)
            .compose(request ->
                request
                    .putHeader("Accept-Encoding", accepted)
                    .send()
                    .compose(response -> {
                      assertThat(response.getHeader("Content-Encoding")).isEqualTo("gzip");
                      return response.body();
                    }))
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS)
            .getBytes();
    return new String(new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes(), UTF_8);
  }

  @Test
  void nobodyGetsInWithoutCredentials() throws Exception {
    assertThat(get(null, null, "/pods")).isEqualTo(new Answer(401, "Unauthorized"));
    assertThat(get(null, null, "/healthz")).isEqualTo(new Answer(401, "Unauthorized"));
    assertThat(get(null, "forged", "/pods")).isEqualTo(new Answer(401, "Unauthorized"));
  }

  private double requests(String path, String longRunning) {
    return meters
        .find("kubelet_http_requests_total")
        .tags("method", "GET", "path", path, "server_type", "readwrite")
        .tag("long_running", longRunning)
        .counters()
        .stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  /** Whoever asks for whatever is counted under a known name. */
  @Test
  void requestsAreCounted() throws Exception {
    double others = requests("other", "false");
    double cadvisor = requests("metrics/cadvisor", "false");
    double execs = requests("exec", "true");
    assertThat(get(null, null, "/healthzjunk").status()).isEqualTo(401);
    assertThat(get("admin", null, "/metrics/cadvisor").status()).isEqualTo(200);
    talk("/exec/default/web/live?command=echo&stdout=true", "v5.channel.k8s.io", List::of, false);
    assertThat(requests("other", "false")).isEqualTo(others + 1);
    assertThat(requests("metrics/cadvisor", "false")).isEqualTo(cadvisor + 1);
    assertThat(requests("exec", "true")).isEqualTo(execs + 1);
    Awaitility.await()
        .untilAsserted(() ->
            assertThat(meters.get("kubelet_http_inflight_requests").gauges())
                .allSatisfy(g -> assertThat(g.value()).isZero()));
    assertThat(
            meters.get("kubelet_http_requests_duration").tag("path", "exec").timers().stream()
                .mapToLong(Timer::count)
                .sum())
        .isPositive();
  }

  @Test
  void mastersAndTheApiServerGetInUnasked() throws Exception {
    asked.clear();
    assertThat(get("admin", null, "/pods").status()).isEqualTo(200);
    assertThat(get("apiserver", null, "/pods").status()).isEqualTo(200);
    assertThat(asked).isEmpty();
  }

  @Test
  void othersAreAskedForAndTheRefusalSaysWhat() throws Exception {
    asked.clear();
    assertThat(get(null, "token-prometheus", "/metrics"))
        .isEqualTo(new Answer(200, "kubelet_up 1\n"));
    assertThat(asked).containsExactly(new NodeAttributes("get", "metrics", "n1", "/metrics"));
    assertThat(get("alice", null, "/pods"))
        .isEqualTo(
            new Answer(
                403,
                "Forbidden (user=alice, verb=get, resource=nodes, subresource(s)=[pods proxy])"));
    assertThat(get(null, "token-broken", "/stats/summary").status()).isEqualTo(500);
  }

  @Test
  void logsWithOptions() throws Exception {
    assertThat(get("admin", null, "/containerLogs/default/web/app"))
        .isEqualTo(new Answer(200, "one\ntwo\n"));
    assertThat(get("admin", null, "/containerLogs/default/web/app?tailLines=1&timestamps=true"))
        .isEqualTo(new Answer(200, "2026-01-01T00:00:01.000000000Z two\n"));
    assertThat(get("admin", null, "/containerLogs/default/web/app?follow=true"))
        .as("a container that has ended is not followed")
        .isEqualTo(new Answer(200, "one\ntwo\n"));
    assertThat(get("admin", null, "/containerLogs/default/web/app?tailLines=x").status())
        .isEqualTo(422);
  }

  @Test
  void logsThatAreNotThereSayWhy() throws Exception {
    assertThat(get("admin", null, "/containerLogs/default/other/app"))
        .isEqualTo(new Answer(404, "pod \"other\" does not exist\n"));
    assertThat(get("admin", null, "/containerLogs/default/web/none"))
        .isEqualTo(new Answer(404, "container \"none\" not found in pod \"web\"\n"));
    assertThat(get("admin", null, "/containerLogs/default/web/new"))
        .isEqualTo(
            new Answer(
                400, "container \"new\" in pod \"web\" is waiting to start: ContainerCreating"));
    assertThat(get("admin", null, "/containerLogs/default/web/bad"))
        .isEqualTo(
            new Answer(
                400,
                "container \"bad\" in pod \"web\" is waiting to start: trying and failing to pull image"));
    assertThat(get("admin", null, "/containerLogs/default/web/app?previous=true"))
        .isEqualTo(
            new Answer(400, "previous terminated container \"app\" in pod \"web\" not found"));
  }

  @Test
  void documents() throws Exception {
    assertThat(get("admin", null, "/pods").body()).contains("\"PodList\"");
    assertThat(get("admin", null, "/runningpods/").body()).contains("\"PodList\"");
    assertThat(get("admin", null, "/stats/summary").body()).contains("\"nodeName\":\"n1\"");
    assertThat(get("admin", null, "/metrics/resource").body()).contains("resource_scrape_error 0");
    assertThat(get("admin", null, "/metrics/cadvisor").body()).contains("machine_cpu_cores 2");
    assertThat(get("admin", null, "/logs/node.log")).isEqualTo(new Answer(200, "the node's log"));
    assertThat(get("admin", null, "/logs/../0.log").status()).isNotEqualTo(200);
    assertThat(get("admin", null, "/logs/?query=node"))
        .as("not switched on")
        .isEqualTo(get("admin", null, "/logs/"));
    assertThat(get("admin", null, "/nowhere").status()).isEqualTo(404);
  }

  @Test
  void logsOfServicesAreAnsweredWhereThatIsSwitchedOn() throws Exception {
    KubeletServer answering =
        new KubeletServer(
            vertx,
            options.withLogQueries(true),
            new KubeletServerBackend(
                auth(), pods, runtime, this::checkpoint, KubectlStreamingTest.documents()));
    int open = port;
    port = answering.start().await().indefinitely();
    try {
      Answer file = new Answer(200, "the node's log");
      assertThat(get("admin", null, "/logs/?query=node")).isEqualTo(file);
      assertThat(get("admin", null, "/logs?query=node")).isEqualTo(file);
      assertThat(get("admin", null, "/logs/?query=/node.log")).isEqualTo(file);
      assertThat(get("admin", null, "/logs/node.log")).isEqualTo(file);
      assertThat(get("admin", null, "/logs/?query=none"))
          .isEqualTo(new Answer(200, "\nlog not found for none\n"));
      assertThat(get("admin", null, "/logs/node.log?query=node"))
          .isEqualTo(new Answer(406, "path not allowed in query mode\n"));
      assertThat(get("admin", null, "/logs/?query=%20"))
          .isEqualTo(new Answer(400, "query: Invalid value: [\" \"]: query cannot be empty\n"));
      assertThat(get("admin", null, "/logs/?query=node&boot=1"))
          .isEqualTo(new Answer(406, "boot: Invalid value: 1: must be less than 1\n"));
      assertThat(get("alice", null, "/logs/?query=node").status()).isEqualTo(403);
      HttpClient client = vertx.createHttpClient(tls("admin"));
      assertThat(unzipped(client, "/logs/?query=none", "gzip"))
          .isEqualTo("\nlog not found for none\n");
      client.close();
    } finally {
      port = open;
      answering.stop().await().indefinitely();
    }
  }

  @Test
  void directoriesOfLogsAreListedAndNoWayLeadsOut() throws Exception {
    Path inner = Files.createDirectories(directory.resolve("var/a <dir>"));
    Files.writeString(inner.resolve("x&y.log"), "0123456789");
    Files.createSymbolicLink(directory.resolve("var/out"), directory.resolve("0.log"));
    try {
      assertThat(get("admin", null, "/logs/").body())
          .contains("<a href=\"a%20%3Cdir%3E/\">a &lt;dir&gt;/</a>\n")
          .contains("<a href=\"node.log\">node.log</a>\n");
      assertThat(get("admin", null, "/logs/a%20%3Cdir%3E").status()).isEqualTo(301);
      assertThat(get("admin", null, "/logs/a%20%3Cdir%3E/").body())
          .contains("<a href=\"x&amp;y.log\">x&amp;y.log</a>");
      assertThat(get("admin", null, "/logs/a%20%3Cdir%3E/x&y.log").body()).isEqualTo("0123456789");
      Answer none = new Answer(404, "404 page not found\n");
      for (String uri :
          List.of("/logs/out", "/logs/%2e%2e/0.log", "/logs/..%2f0.log", "/logs/none/")) {
        assertThat(get("admin", null, uri)).as(uri).isEqualTo(none);
      }
    } finally {
      Files.delete(directory.resolve("var/out"));
      Files.delete(inner.resolve("x&y.log"));
      Files.delete(inner);
    }
  }

  @Test
  void logEntriesAreForWhoMayReadTheNodesLogs() throws Exception {
    assertThat(get("apiserver", null, "/logs/entries?fieldSelector=pod%3Dcart%2Csince%3D1m"))
        .isEqualTo(new Answer(200, "{\"asked\":\"pod=cart,since=1m\",\"absent\":\"\"}"));
    assertThat(get("admin", null, "/logs/entries?limit=x"))
        .isEqualTo(new Answer(400, "limit=x is no number"));
    assertThat(get("admin", null, "/logs/entries?namespace=none").status()).isEqualTo(404);
    assertThat(get("alice", null, "/logs/entries"))
        .isEqualTo(
            new Answer(
                403, "Forbidden (user=alice, verb=get, resource=nodes, subresource(s)=[log])"));
  }

  @Test
  void health() throws Exception {
    assertThat(get("admin", null, "/healthz")).isEqualTo(new Answer(200, "ok"));
    assertThat(get("admin", null, "/healthz/ping")).isEqualTo(new Answer(200, "ok"));
    syncLoop = Optional.of("sync loop is stuck");
    assertThat(get("admin", null, "/healthz/syncloop").status()).isEqualTo(500);
    assertThat(get("admin", null, "/healthz").body()).contains("[-]syncloop");
    syncLoop = Optional.empty();
    assertThat(get("admin", null, "/healthz/nothing").status()).isEqualTo(404);
    assertThat(get("admin", null, "/metrics/slis").body())
        .contains(
            "kubernetes_healthcheck{name=\"ping\",type=\"healthz\"} 1\n",
            "kubernetes_healthcheck{name=\"syncloop\",type=\"healthz\"} 0\n")
        .containsPattern(
            "kubernetes_healthchecks_total\\{name=\"syncloop\",status=\"error\",type=\"healthz\"} \\d+\n");
  }

  @Test
  void execNeedsAnUpgradeAndARunningContainer() throws Exception {
    assertThat(get("admin", null, "/exec/default/web/live?command=true&output=1"))
        .isEqualTo(new Answer(400, "Upgrade request required"));
    assertThat(get("admin", null, "/exec/default/web/live?command=true"))
        .isEqualTo(new Answer(400, "you must specify at least 1 of stdin, stdout, stderr"));
    assertThat(rejected("/exec/default/web/app?command=true&stdout=true", "v4.channel.k8s.io"))
        .isEqualTo(new Answer(500, "container not found (\"app\")"));
    assertThat(rejected("/attach/default/web/app?stdout=true", "v4.channel.k8s.io"))
        .isEqualTo(new Answer(500, "container app not found in pod web_default"));
    assertThat(
            rejected("/exec/default/web/live?command=true&stdout=true", "v9.channel.k8s.io")
                .status())
        .isEqualTo(403);
    assertThat(rejected("/portForward/default/web", "v4.channel.k8s.io"))
        .isEqualTo(new Answer(400, "query parameter \"port\" is required"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "web/live?timeout=60 | 200 | {\"items\":[\"/c/live-c2\"]}",
        "web/live | 500 | checkpointing of default/web/live failed (rpc error: no time)",
        "web/app?timeout=60 | 500 | checkpointing of default/web/app failed (container app not found)",
        "web/none | 404 | container none does not exist",
        "none/live | 404 | pod does not exist",
        "web/live?timeout=1m | 404 | cannot parse value of timeout parameter",
      })
  void runningContainersAreCheckpointed(String target, int status, String body) throws Exception {
    assertThat(send(HttpMethod.POST, "admin", null, "/checkpoint/default/" + target))
        .isEqualTo(new Answer(status, body));
  }

  @Test
  void aCheckpointIsAskedForByItsOwnName() throws Exception {
    asked.clear();
    assertThat(send(HttpMethod.POST, "alice", null, "/checkpoint/default/web/live").status())
        .isEqualTo(403);
    assertThat(asked)
        .extracting(NodeAttributes::verb, NodeAttributes::subresource)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("create", "checkpoint"));
    assertThat(get("admin", null, "/checkpoint/default/web/live").status()).isEqualTo(405);
  }

  private Answer rejected(String uri, String protocol) throws Exception {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    connect(uri, protocol)
        .onSuccess(ws -> answer.completeExceptionally(new AssertionError("was accepted")))
        .onFailure(t -> {
          if (t instanceof UpgradeRejectedException r) {
            Buffer body = r.getBody();
            answer.complete(new Answer(r.getStatus(), body == null ? "" : body.toString()));
          } else {
            answer.completeExceptionally(t);
          }
        });
    return answer.get(10, TimeUnit.SECONDS);
  }

  private Future<WebSocket> connect(String uri, String protocol) {
    WebSocketConnectOptions options =
        new WebSocketConnectOptions().setHost("localhost").setPort(port).setURI(uri);
    return webSockets.connect(
        protocol.isEmpty() ? options : options.setSubProtocols(List.of(protocol.split(","))));
  }

  /** Connects, sends, and collects all messages until the server closes. */
  private List<Buffer> talk(String uri, String protocol, Supplier<List<Buffer>> sent, boolean text)
      throws Exception {
    CompletableFuture<List<Buffer>> done = new CompletableFuture<>();
    vertx.runOnContext(v ->
        connect(uri, protocol)
            .onFailure(done::completeExceptionally)
            .onSuccess(ws -> {
              List<Buffer> received = new CopyOnWriteArrayList<>();
              String chosen = protocol.contains(",") ? "v4.channel.k8s.io" : protocol;
              assertThat(ws.subProtocol()).isEqualTo(chosen.isEmpty() ? null : chosen);
              ws.frameHandler(f -> {
                if (f.isBinary() || f.isText()) {
                  received.add(f.binaryData().copy());
                }
              });
              ws.closeHandler(x -> done.complete(received));
              for (Buffer message : sent.get()) {
                if (text) {
                  ws.writeTextMessage(message.toString());
                } else {
                  ws.writeBinaryMessage(message);
                }
              }
            }));
    return done.get(20, TimeUnit.SECONDS);
  }

  @Test
  void aVersion4ClientGetsAGreetingThenOutputThenAStatus() throws Exception {
    List<Buffer> got =
        talk(
            "/exec/default/web/live?command=echo&command=hi&stdout=true&stderr=true",
            "v4.channel.k8s.io",
            List::of,
            false);
    assertThat(got.getFirst()).isEqualTo(Buffer.buffer(new byte[] {1}));
    assertThat(got.get(1)).isEqualTo(Buffer.buffer("\1hi\n"));
    assertThat(got.getLast())
        .isEqualTo(Buffer.buffer("\3{\"metadata\":{},\"status\":\"Success\"}"));
  }

  /** client-go reads before it has made its streams, and tells its user of what comes so early. */
  @Test
  void aVersion5ClientIsNotGreeted() throws Exception {
    List<Buffer> got =
        talk(
            "/exec/default/web/live?command=echo&command=hi&stdout=true&stderr=true",
            "v5.channel.k8s.io",
            List::of,
            false);
    assertThat(got.getFirst()).isEqualTo(Buffer.buffer("\1hi\n"));
  }

  @Test
  void aClientWithoutAProtocolGetsPlainErrors() throws Exception {
    List<Buffer> got =
        talk(
            "/exec/default/web/live?command=sh&command=-c&command=exit%203&stdout=true",
            "", List::of, false);
    assertThat(got.getLast().toString())
        .isEqualTo(
            "\3command terminated with non-zero exit code: command terminated with exit code 3");
  }

  @Test
  void aBase64Client() throws Exception {
    List<Buffer> got =
        talk(
            "/exec/default/web/live?command=head&command=-c&command=4&stdin=true&stdout=true",
            "v4.base64.channel.k8s.io",
            () ->
                List.of(
                    Buffer.buffer(
                        "0" + Base64.getEncoder().encodeToString("ping".getBytes(UTF_8)))),
            true);
    assertThat(got.stream().map(Buffer::toString))
        .contains("1" + Base64.getEncoder().encodeToString("ping".getBytes(UTF_8)));
  }

  /** Kubernetes' client for Node.js offers all protocols of exec for a port-forward too. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "v4.channel.k8s.io",
        "v5.channel.k8s.io,v4.channel.k8s.io,v3.channel.k8s.io,v2.channel.k8s.io,channel.k8s.io"
      })
  void portForwardByWebSocketChannels(String offered) throws Exception {
    NetServer echo =
        vertx
            .createNetServer()
            .connectHandler(s -> s.handler(b -> s.write(b).onComplete(r -> s.close())))
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get();
    int target = echo.actualPort();
    List<Buffer> got =
        talk(
            "/portForward/default/web?ports=" + target,
            offered,
            () -> List.of(Buffer.buffer("\0hey")),
            false);
    byte low = (byte) target;
    byte high = (byte) (target >> 8);
    assertThat(got)
        .containsExactly(
            Buffer.buffer(new byte[] {0, low, high}),
            Buffer.buffer(new byte[] {1, low, high}),
            Buffer.buffer("\0hey"));
    echo.close().toCompletionStage().toCompletableFuture().get();
  }
}
