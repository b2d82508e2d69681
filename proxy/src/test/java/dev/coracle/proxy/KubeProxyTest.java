package dev.coracle.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.proxy.config.ConntrackOptions;
import dev.coracle.proxy.config.MachineOptions;
import dev.coracle.proxy.config.ProxyOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServer;
import io.vertx.servicediscovery.Record;
import io.vertx.servicediscovery.ServiceDiscovery;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole proxy in its userspace mode: Services on loopback addresses lead to real servers. */
class KubeProxyTest {

  private final Vertx vertx = Vertx.vertx();
  private final FakeClient client = new FakeClient();
  private final ServiceDiscovery discovery = ServiceDiscovery.create(vertx);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final KubeProxy proxy =
      new KubeProxy(
          vertx,
          client,
          discovery,
          new ProxyOptions(
              "userspace",
              "test",
              "node-1",
              "127.0.0.1",
              "",
              false,
              "",
              new MachineOptions(
                  MachineOptions.bindAddress("127.0.0.1:0"),
                  MachineOptions.bindAddress("127.0.0.1:0"),
                  ConntrackOptions.NONE)),
          registry,
          () -> "kubeproxy_service_ports 1\n");
  private int one;
  private int two;

  @BeforeEach
  void start() throws Exception {
    one = server("one");
    two = server("two");
    client.put(Resources.SERVICES, service());
    client.put(Resources.ENDPOINT_SLICES, slice(endpoint("127.0.0.1", true), one));
    proxy.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    proxy.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void theServiceAddressLeadsToItsEndpoints() throws Exception {
    assertThat(read()).isEqualTo("one");
    client.put(Resources.ENDPOINT_SLICES, slice(endpoint("127.0.0.1", true), two));
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> read().equals("two"));
  }

  @Test
  void endpointsThatAreNotReadyGetNothing() {
    client.put(Resources.ENDPOINT_SLICES, slice(endpoint("127.0.0.1", false), one));
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> read().isEmpty());
  }

  @Test
  void connectionsAreSpread() throws Exception {
    client.put(
        Resources.ENDPOINT_SLICES,
        KubeObject.of(
            slice(endpoint("127.0.0.1", true), two)
                .with(n ->
                    ((com.fasterxml.jackson.databind.node.ObjectNode) n.path("metadata"))
                        .put("name", "web-2"))
                .edit()));
    Set<String> seen = new HashSet<>();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> {
          seen.add(read());
          return seen.containsAll(Set.of("one", "two"));
        });
  }

  @Test
  void servicesArePublishedInServiceDiscovery() throws Exception {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> record() != null);
    assertThat(record().getLocation().getString("host")).isEqualTo("127.96.3.7");
    assertThat(record().getLocation().getJsonArray("endpoints"))
        .containsExactly("127.0.0.1:" + one);
    client.remove(Resources.SERVICES, "shop", "web");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> record() == null);
  }

  @Test
  void aDeletedServiceNoLongerListens() {
    client.remove(Resources.SERVICES, "shop", "web");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> {
          try {
            read();
            return false;
          } catch (IOException refused) {
            return true;
          }
        });
  }

  @Test
  void loadBalancersAreToldWhetherTheNodeIsToGetTraffic() throws Exception {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> proxy.healthPort() > 0);
    HttpResponse<String> well = ask("/healthz");
    assertThat(well.statusCode()).isEqualTo(200);
    assertThat(well.headers().firstValue("Content-Type")).contains("application/json");
    JsonObject said = new JsonObject(well.body());
    assertThat(said.getBoolean("nodeEligible")).isTrue();
    assertThat(said.getString("lastUpdated"))
        .isEqualTo(said.getString("currentTime"))
        .matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d(\\.\\d+)? \\+0000 UTC");
    client.put(
        Resources.NODES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"node-1"},
             "spec":{"taints":[{"key":"ToBeDeletedByClusterAutoscaler","effect":"NoSchedule"}]}}
            """));
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> ask("/healthz").statusCode() == 503);
    assertThat(ask("/healthz").body()).contains("\"nodeEligible\": false");
    assertThat(ask("/livez").statusCode()).isEqualTo(200);
    assertThat(ask("/livez").body()).doesNotContain("nodeEligible");
    assertThat(ask("/").statusCode()).isEqualTo(404);
    assertThat(registry.counter("kubeproxy_proxy_healthz_total", "code", "200").count())
        .isEqualTo(1);
  }

  @Test
  void howServicesAreBalancedIsToldToWhoeverAsks() throws Exception {
    assertThat(document("/proxyMode").body()).isEqualTo("userspace");
    assertThat(document("/configz").body())
        .startsWith("{\"kubeproxy.config.k8s.io\":{\"kind\":\"KubeProxyConfiguration\"")
        .contains("\"mode\":\"userspace\"");
    assertThat(document("/configz").headers().firstValue("Content-Type"))
        .contains("application/json");
    assertThat(document("/healthz").body()).isEqualTo("ok");
    assertThat(document("/metrics").body()).isEqualTo("kubeproxy_service_ports 1\n");
    assertThat(document("/metrics").headers().firstValue("Content-Type"))
        .contains("text/plain; version=0.0.4; charset=utf-8");
    assertThat(document("/other").statusCode()).isEqualTo(404);
  }

  private HttpResponse<String> ask(String path) throws Exception {
    return ask(proxy.healthPort(), path);
  }

  private HttpResponse<String> document(String path) throws Exception {
    return ask(proxy.documentsPort(), path);
  }

  private static HttpResponse<String> ask(int port, String path) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private Record record() throws Exception {
    return discovery
        .getRecord(r -> r.getName().equals("shop/web:http"))
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  private int server(String text) throws Exception {
    NetServer server =
        vertx
            .createNetServer()
            .connectHandler(s -> s.end(io.vertx.core.buffer.Buffer.buffer(text)));
    return server
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS)
        .actualPort();
  }

  private static String read() throws IOException {
    try (Socket socket = new Socket("127.96.3.7", 18080)) {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  private static KubeObject service() {
    return KubeObject.parse(
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop"},
         "spec":{"clusterIP":"127.96.3.7","ports":[{"name":"http","protocol":"TCP","port":18080}]}}\
        """);
  }

  private static String endpoint(String address, boolean ready) {
    return "{\"addresses\":[\"" + address + "\"],\"conditions\":{\"ready\":" + ready + "}}";
  }

  private static KubeObject slice(String endpoint, int port) {
    return KubeObject.parse(
        """
        {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
         "metadata":{"name":"web-1","namespace":"shop","labels":{"kubernetes.io/service-name":"web"}},
         "ports":[{"name":"http","protocol":"TCP","port":%d}],"endpoints":[%s]}\
        """
            .formatted(port, endpoint));
  }
}
