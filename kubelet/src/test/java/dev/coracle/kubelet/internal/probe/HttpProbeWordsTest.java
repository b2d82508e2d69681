package dev.coracle.kubelet.internal.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.fake.FakeRuntime;
import dev.coracle.kubelet.internal.pod.Pod;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a failed probe by HTTP says of a server that is not as it should be, as Go says it. */
class HttpProbeWordsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Pod POD =
      new Pod(
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"ns","uid":"u"},
               "spec":{"containers":[{"name":"c"}]}}
              """));

  private final Vertx vertx = Vertx.vertx();
  private final Handlers handlers = new Handlers(vertx, new FakeRuntime(), "kube-probe/1.36");
  private ServerSocket server;

  @BeforeEach
  void listen() throws IOException {
    server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    handlers.close();
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private interface Peer {
    void meet(Socket socket) throws IOException;
  }

  private void answering(Peer peer) {
    Thread.ofVirtual()
        .start(() -> {
          try (Socket socket = server.accept()) {
            peer.meet(socket);
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }

  private String probe(String scheme) {
    String action =
        "{\"path\":\"/\",\"port\":%d,\"scheme\":\"%s\"}"
            .formatted(server.getLocalPort(), scheme.toUpperCase(java.util.Locale.ROOT));
    String said =
        handlers
            .http(POD, POD.containers().getFirst(), Json.parse(action), "127.0.0.1", LIMIT)
            .message();
    String get = "Get \"" + scheme + "://127.0.0.1:" + server.getLocalPort() + "/\": ";
    assertThat(said).startsWith(get);
    return said.substring(get.length());
  }

  @Test
  void oneThatHangsUp() {
    answering(socket -> socket.getInputStream().read(new byte[4096]));
    assertThat(probe("http")).isEqualTo("EOF");
  }

  @Test
  void oneThatResets() {
    answering(socket -> {
      socket.getInputStream().read();
      socket.setSoLinger(true, 0);
    });
    assertThat(probe("http")).isEqualTo("read: connection reset by peer");
  }

  @Test
  void oneWithoutTls() {
    answering(socket -> {
      socket.getInputStream().read(new byte[4096]);
      socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes());
    });
    assertThat(probe("https")).isEqualTo("http: server gave HTTP response to HTTPS client");
  }

  @Test
  void nobody() throws IOException {
    server.close();
    assertThat(probe("http"))
        .isEqualTo("dial tcp 127.0.0.1:" + server.getLocalPort() + ": connect: connection refused");
  }
}
