package dev.coracle.proxy.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.SerialContext;
import dev.coracle.client.fake.FakeClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A load balancer asks node n1 whether it has endpoints of a Service. */
class HealthChecksTest {

  private static final NamespacedName WEB = new NamespacedName("shop", "web");

  private final Vertx vertx = Vertx.vertx();
  private final FakeClient api = new FakeClient();
  private final HealthChecks checks =
      new HealthChecks(
          vertx,
          new ProxyHealth(Clock.systemUTC()),
          new EventRecorder(
              api, SerialContext.of(vertx), "kube-proxy", "n1", new SimpleMeterRegistry()),
          "n1");
  private final ServiceTable table = new ServiceTable("n1", "");
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void stop() throws Exception {
    checks.close().await().atMost(Duration.ofSeconds(10));
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    http.close();
  }

  private static KubeObject service(String type, String policy, int port) {
    return KubeObject.parse(
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop"},
         "spec":{"type":"%s","clusterIP":"10.96.0.5","externalTrafficPolicy":"%s",
           "healthCheckNodePort":%d,"ports":[{"name":"http","port":80}]}}
        """
            .formatted(type, policy, port));
  }

  private static KubeObject slice(String family, String... endpoints) {
    return KubeObject.parse(
        """
        {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"%s",
         "metadata":{"name":"web-1","namespace":"shop"},"ports":[{"name":"http","port":8080}],
         "endpoints":[%s]}
        """
            .formatted(family, String.join(",", endpoints)));
  }

  private static String endpoint(String address, String node, boolean ready) {
    return """
    {"addresses":["%s"],"nodeName":"%s","conditions":{"ready":%b}}\
    """
        .formatted(address, node, ready);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private HttpResponse<String> ask(int port) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/")).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> answer(int port, int status) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .ignoreExceptions()
        .until(() -> ask(port), answer -> answer.statusCode() == status);
  }

  @Test
  void aNodeIsHealthyForAServiceWhileItHasReadyEndpoints() throws Exception {
    int port = freePort();
    KubeObject service = service("LoadBalancer", "Local", port);
    KubeObject some =
        slice(
            "IPv4",
            endpoint("10.244.0.1", "n1", true),
            endpoint("10.244.0.2", "n1", false),
            endpoint("10.244.1.1", "n2", true));
    KubeObject other = slice("IPv6", endpoint("fd00::1", "n1", true));
    checks.update(WEB, table.check(service, List.of(some, other)));
    HttpResponse<String> answer = answer(port, 200);
    assertThat(answer.headers().firstValue("X-Load-Balancing-Endpoint-Weight")).contains("1");
    assertThat(new JsonObject(answer.body()))
        .isEqualTo(
            new JsonObject(
                """
                {"service":{"namespace":"shop","name":"web"},"localEndpoints":1,"serviceProxyHealthy":true}\
                """));

    checks.update(WEB, table.check(service, List.of(other)));
    assertThat(new JsonObject(answer(port, 503).body()).getInteger("localEndpoints")).isZero();

    int next = freePort();
    checks.update(WEB, table.check(service("LoadBalancer", "Local", next), List.of(some)));
    answer(next, 200);
    assertThatThrownBy(() -> ask(port)).isInstanceOf(IOException.class);
    checks.update(WEB, Optional.empty());
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThatThrownBy(() -> ask(next)).isInstanceOf(IOException.class));
  }

  @Test
  void aPortThatIsTakenIsToldOfAndTriedAgain() throws Exception {
    int port;
    try (ServerSocket taken = new ServerSocket(0)) {
      port = taken.getLocalPort();
      KubeObject service = service("LoadBalancer", "Local", port);
      checks.update(
          WEB, table.check(service, List.of(slice("IPv4", endpoint("10.244.0.1", "n1", true)))));
      List<KubeObject> events =
          Awaitility.await()
              .atMost(Duration.ofSeconds(20))
              .until(() -> api.all(Resources.EVENTS), seen -> !seen.isEmpty());
      assertThat(events.getFirst().text("reason")).isEqualTo("FailedToStartServiceHealthcheck");
      assertThat(events.getFirst().text("message"))
          .startsWith("node n1 failed to start healthcheck \"shop/web\" on port " + port + ": ");
    }
    answer(port, 200);
  }

  @Test
  void onlyBalancersThatKeepTheSourceAsk() {
    assertThat(table.check(service("LoadBalancer", "Cluster", 30999), List.of())).isEmpty();
    assertThat(table.check(service("NodePort", "Local", 30999), List.of())).isEmpty();
    assertThat(table.check(service("LoadBalancer", "Local", 0), List.of())).isEmpty();
  }
}
