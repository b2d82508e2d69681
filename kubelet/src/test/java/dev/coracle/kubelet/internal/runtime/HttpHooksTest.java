package dev.coracle.kubelet.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.fake.FakeRuntime;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.probe.Handlers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Lifecycle hooks that ask a server. */
class HttpHooksTest {
  private static final Pod POD =
      new Pod(
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"ns","uid":"u"},
               "spec":{"containers":[{"name":"c"}]}}
              """));

  private final Vertx vertx = Vertx.vertx();
  private final FakeRuntime runtime = new FakeRuntime();
  private final Handlers handlers = new Handlers(vertx, runtime, "kube-probe/1.36");
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final LifecycleHooks hooks =
      new LifecycleHooks(
          runtime,
          handlers,
          (pod, field, type, reason, message) -> events.add(type + " " + reason + ": " + message),
          new KubeletMetrics(meters, "n1").starts());
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

  /** Answers each of so many connections with this status, whatever was asked. */
  private void answering(int connections, String status) {
    Thread.ofVirtual()
        .start(() -> {
          for (int i = 0; i < connections; i++) {
            try (Socket socket = server.accept()) {
              byte[] asked = new byte[4096];
              int length = Math.max(0, socket.getInputStream().read(asked));
              requests.add(new String(asked, 0, length, StandardCharsets.ISO_8859_1));
              socket
                  .getOutputStream()
                  .write(("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n").getBytes());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        });
  }

  private Optional<String> run(String scheme) {
    String handler =
        """
        {"httpGet":{"path":"/bye","port":%d,"scheme":"%s","httpHeaders":[
          {"name":"Authorization","value":"Bearer secret"},{"name":"X-Why","value":"end"}]}}
        """
            .formatted(server.getLocalPort(), scheme);
    return hooks.run(
        POD,
        POD.containers().getFirst(),
        "id",
        "127.0.0.1",
        Json.parse(handler),
        Duration.ofSeconds(20),
        new CompletableFuture<>());
  }

  private double fallbacks() {
    return meters.get("kubelet_lifecycle_handler_http_fallbacks_total").counter().count();
  }

  @Test
  void whateverIsAnsweredIsGood() {
    answering(1, "500 Internal Server Error");
    assertThat(run("HTTP")).isEmpty();
    assertThat(requests)
        .singleElement()
        .asString()
        .startsWith("GET /bye HTTP/1.1\r\n")
        .containsIgnoringCase("\r\nuser-agent: kube-lifecycle/1.36\r\n")
        .contains("Authorization: Bearer secret", "X-Why: end");
    assertThat(events).isEmpty();
  }

  @Test
  void aServerWithoutTlsIsAskedWithoutTls() {
    answering(2, "200 OK");
    assertThat(run("HTTPS")).isEmpty();
    assertThat(requests).hasSize(2);
    assertThat(requests.getLast())
        .startsWith("GET /bye HTTP/1.1\r\n")
        .contains("X-Why: end")
        .doesNotContainIgnoringCase("authorization");
    assertThat(events)
        .containsExactly(
            "Warning LifecycleHTTPFallback: request to HTTPS lifecycle hook 127.0.0.1:"
                + server.getLocalPort()
                + " got HTTP response, retry with HTTP succeeded");
    assertThat(fallbacks()).isOne();
  }

  @Test
  void whereNobodyAnswersTheHookHasFailed() throws IOException {
    server.close();
    assertThat(run("HTTPS"))
        .hasValue(
            "HTTP lifecycle hook (/bye) for Container \"c\" in Pod \""
                + POD.describe()
                + "\" failed - error: Get \"https://127.0.0.1:"
                + server.getLocalPort()
                + "/bye\": dial tcp 127.0.0.1:"
                + server.getLocalPort()
                + ": connect: connection refused");
    assertThat(events).isEmpty();
    assertThat(fallbacks()).isZero();
  }
}
