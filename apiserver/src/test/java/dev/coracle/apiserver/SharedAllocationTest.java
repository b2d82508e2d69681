package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import dev.coracle.apiserver.config.SecurityOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Two API servers over one store, and ranges so small that they meet all the time. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SharedAllocationTest {

  private static final String SERVICES = "/api/v1/namespaces/default/services";
  private static final String ADDRESSES = "/apis/networking.k8s.io/v1/ipaddresses";
  private static final Services NARROW = new Services(List.of("10.9.0.0/26"), 30_000, 30_063);

  @TempDir static Path dir;
  private static final MemoryStore STORE = new MemoryStore();
  private static TestServer first;
  private static TestServer second;
  private static TestApi one;
  private static TestApi two;

  @BeforeAll
  static void start() throws Exception {
    // What a crash leaves behind: an address long claimed for a Service that was never written.
    STORE
        .create(
            new GroupResource("networking.k8s.io", "ipaddresses"),
            KubeObject.of(
                (com.fasterxml.jackson.databind.node.ObjectNode)
                    Json.parse(
                        "{\"kind\":\"IPAddress\",\"apiVersion\":\"networking.k8s.io/v1\","
                            + "\"metadata\":{\"name\":\"10.9.0.40\",\"uid\":\"u\","
                            + "\"creationTimestamp\":\"2020-01-01T00:00:00Z\",\"labels\":{"
                            + "\"ipaddress.kubernetes.io/managed-by\":\"ipallocator.k8s.io\"}},"
                            + "\"spec\":{\"parentRef\":{\"resource\":\"services\",\"namespace\":"
                            + "\"default\",\"name\":\"never\"}}}")))
        .await()
        .atMost(Duration.ofSeconds(10));
    first = server("a");
    second = server("b");
    one = new TestApi(first);
    two = new TestApi(second);
  }

  private static TestServer server(String name) throws Exception {
    return new TestServer(
        Files.createDirectory(dir.resolve(name)), STORE, SecurityOptions.DEFAULT, NARROW);
  }

  @AfterAll
  static void stop() throws Exception {
    if (first != null) {
      first.close();
    }
    if (second != null) {
      second.close();
    }
  }

  private static String service(String name, String spec) {
    return "{metadata: {name: " + name + "}, spec: {type: NodePort, ports: [{port: 80" + spec;
  }

  @Test
  @Order(1)
  void whatACrashLeftBehindIsFree() {
    assertThat(one.get(ADDRESSES + "/10.9.0.40").code()).isEqualTo(404);
    JsonNode kubernetes = one.get(ADDRESSES + "/10.9.0.1").ok().body();
    assertThat(kubernetes.path("spec").path("parentRef").path("name").asText())
        .isEqualTo("kubernetes");
    JsonNode range = one.get("/apis/networking.k8s.io/v1/servicecidrs/kubernetes").ok().body();
    assertThat(range.path("spec").path("cidrs").path(0).asText()).isEqualTo("10.9.0.0/26");
    assertThat(range.path("status").path("conditions").path(0).path("status").asText())
        .isEqualTo("True");
  }

  @Test
  @Order(2)
  void noAddressAndNoPortIsGivenTwice() throws Exception {
    List<Future<JsonNode>> made = new ArrayList<>();
    try (ExecutorService many = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 56; i++) {
        TestApi api = i % 2 == 0 ? one : two;
        String body = service("s" + i, "}]}}");
        made.add(many.submit(() -> api.post(SERVICES, body).ok().body()));
      }
      Set<String> addresses = new HashSet<>();
      Set<Integer> ports = new HashSet<>();
      for (Future<JsonNode> f : made) {
        JsonNode spec = f.get(120, TimeUnit.SECONDS).path("spec");
        assertThat(addresses.add(spec.path("clusterIP").asText())).isTrue();
        assertThat(ports.add(spec.path("ports").path(0).path("nodePort").asInt())).isTrue();
      }
      assertThat(one.get(ADDRESSES).body().path("items")).hasSize(57);
    }
  }

  @Test
  @Order(3)
  void whatIsAskedForByNameIsRefusedWhereAnotherServerGaveIt() {
    JsonNode spec = one.get(SERVICES + "/s0").ok().body().path("spec");
    int port = spec.path("ports").path(0).path("nodePort").asInt();
    assertThat(two.post(SERVICES, service("port", ", nodePort: " + port + "}]}}")).message())
        .endsWith(
            "spec.ports[0].nodePort: Invalid value: "
                + port
                + ": provided port is already allocated");
    String ip = spec.path("clusterIP").asText();
    assertThat(two.post(SERVICES, service("ip", "}], clusterIP: " + ip + "}}")).message())
        .contains("failed to allocate IP " + ip + ": provided IP is already allocated");
    assertThat(
            two.call(
                    "POST",
                    SERVICES + "?dryRun=All",
                    "application/json",
                    TestApi.tree(service("dry", "}]}}")).toString())
                .code())
        .isEqualTo(201);
    assertThat(one.get(ADDRESSES).body().path("items")).hasSize(57);
  }

  @Test
  @Order(4)
  void whatOneServerFreesTheOtherMayGive() {
    JsonNode spec = one.get(SERVICES + "/s0").ok().body().path("spec");
    String ip = spec.path("clusterIP").asText();
    int port = spec.path("ports").path(0).path("nodePort").asInt();
    for (int i = 0; i < 56; i++) {
      one.delete(SERVICES + "/s" + i).ok();
    }
    assertThat(one.get(ADDRESSES).body().path("items")).hasSize(1);
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            two.post(
                    SERVICES,
                    service("again", ", nodePort: " + port + "}], clusterIP: " + ip + "}}"))
                .ok());
    assertThat(
            one.get(ADDRESSES + "/" + ip)
                .ok()
                .body()
                .path("spec")
                .path("parentRef")
                .path("name")
                .asText())
        .isEqualTo("again");
  }
}
