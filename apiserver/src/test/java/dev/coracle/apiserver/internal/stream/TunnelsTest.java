package dev.coracle.apiserver.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.TestServer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A node's tunnel, from the request to the bytes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TunnelsTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  private TestServer server;
  private HttpClientAgent asNode;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    server = new TestServer(directory);
    server.pki().issue("n1", "/O=system:nodes/CN=system:node:n1");
    asNode = server.client("n1", HttpVersion.HTTP_1_1);
  }

  @AfterAll
  void stop() throws Exception {
    asNode.close();
    server.close();
  }

  private HttpClientResponse ask(String node, Map<String, String> headers) throws Exception {
    RequestOptions options =
        new RequestOptions().setMethod(HttpMethod.GET).setURI("/coracle/v1/tunnel/" + node);
    headers.forEach(options::putHeader);
    return asNode
        .request(options)
        .compose(request -> {
          request.exceptionHandler(_ -> {});
          return headers.containsKey("Upgrade") ? request.connect() : request.send();
        })
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  private static Map<String, String> upgrade() {
    return Map.of("Connection", "Upgrade", "Upgrade", "coracle-tunnel");
  }

  private static Map<String, String> stream(String id) {
    return Map.of("Connection", "Upgrade", "Upgrade", "coracle-tunnel", "Coracle-Stream", id);
  }

  /** What a socket has received so far. */
  private static StringBuffer received(NetSocket socket) {
    StringBuffer text = new StringBuffer();
    socket.handler(bytes -> text.append(bytes.toString()));
    return text;
  }

  @Test
  void bytesPassBothWaysThroughAStreamThatTheServerAskedFor() throws Exception {
    NetSocket control = ask("n1", upgrade()).netSocket();
    StringBuffer lines = received(control);
    Awaitility.await().atMost(SOON).until(() -> server.server().tunnelTo("n1").isPresent());
    control.write("ping\n");
    Awaitility.await().atMost(SOON).until(() -> lines.toString().contains("pong\n"));

    // Held until the end: Vert.x closes a client that nobody refers to any more.
    NetClient tcp = server.vertx().createNetClient();
    NetSocket near =
        tcp.connect(server.server().tunnelTo("n1").orElseThrow())
            .toCompletionStage()
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    StringBuffer answer = received(near);
    Awaitility.await().atMost(SOON).until(() -> lines.toString().matches("(?s).*open \\w{32}\n"));
    String id = lines.substring(lines.lastIndexOf("open ") + 5).strip();
    NetSocket far = ask("n1", stream(id)).netSocket();
    StringBuffer question = received(far);
    near.write(Buffer.buffer("hello, kubelet"));
    Awaitility.await().atMost(SOON).until(() -> question.toString().equals("hello, kubelet"));
    far.write(Buffer.buffer("hello, server"));
    Awaitility.await().atMost(SOON).until(() -> answer.toString().equals("hello, server"));

    assertThat(
            server.meters().get("apiserver_flowcontrol_current_executing_seats").gauges().stream()
                .mapToDouble(Gauge::value)
                .sum())
        .as("seats that tunnels hold")
        .isZero();

    // An ID is good once, and for what was asked only.
    assertThat(ask("n1", stream("0".repeat(32))).statusCode()).isEqualTo(400);
    assertThat(ask("n1", stream(id)).statusCode()).isEqualTo(400);

    control.close();
    Awaitility.await().atMost(SOON).until(() -> server.server().tunnelTo("n1").isEmpty());
    far.close();
    // What a connection is handed over for is over when that has ended.
    Awaitility.await().atMost(SOON).until(() -> upgradesThatEnded() == 2);
    tcp.close();
  }

  private double upgradesThatEnded() {
    return server.meters().find("apiserver_request_total").tag("code", "101").counters().stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  @Test
  void aNodeOpensNoTunnelOfAnother() throws Exception {
    assertThat(ask("n2", Map.of()).statusCode()).isEqualTo(403);
    assertThat(server.server().tunnelTo("n2")).isEmpty();
  }

  @Test
  void whatIsNoUpgradeIsRefused() throws Exception {
    assertThat(ask("n1", Map.of()).statusCode()).isEqualTo(400);
  }
}
