package dev.coracle.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.ingress.config.IngressOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.servicediscovery.Record;
import io.vertx.servicediscovery.ServiceDiscovery;
import io.vertx.servicediscovery.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole gateway over real sockets; Services come from Vert.x Service Discovery. */
class IngressGatewayTest {

  @TempDir private Path directory;

  private final Vertx vertx = Vertx.vertx();
  private final FakeClient client = new FakeClient();
  private final ServiceDiscovery discovery = ServiceDiscovery.create(vertx);
  private final HttpClient http = vertx.createHttpClient();
  private IngressGateway gateway;

  @BeforeEach
  void start() throws Exception {
    Path key = directory.resolve("tls.key");
    Path certificate = directory.resolve("tls.crt");
    selfSigned(certificate, key);
    gateway =
        new IngressGateway(
            vertx,
            client,
            discovery,
            new IngressOptions("127.0.0.1", 0, 0, certificate, key, "192.0.2.9"),
            new SimpleMeterRegistry());
    publish("shop/web:http", 80, server("web"));
    publish("shop/api:main", 8080, server("api-1"), server("api-2"));
    client.put(Resources.INGRESSES, ingress());
    await(gateway.start().toCompletableFuture());
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> get("shop.example", "/").equals("200 web / shop.example"));
  }

  @AfterEach
  void stop() throws Exception {
    await(gateway.stop().toCompletableFuture());
    await(vertx.close().toCompletionStage().toCompletableFuture());
  }

  @Test
  void hostsAndPathsLeadToTheirServices() throws Exception {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 4; i++) {
      seen.add(get("shop.example", "/api/v1?x=1"));
    }
    assertThat(seen)
        .containsExactlyInAnyOrder(
            "200 api-1 /api/v1?x=1 shop.example", "200 api-2 /api/v1?x=1 shop.example");
    assertThat(get("shop.example", "/apix")).isEqualTo("200 web /apix shop.example");
    assertThat(get("any.wild.example", "/")).isEqualTo("200 web / any.wild.example");
    assertThat(get("a.b.wild.example", "/")).startsWith("404");
    assertThat(get("other.example", "/")).startsWith("404 no Ingress rule");
  }

  @Test
  void aServiceWithoutEndpointsIsUnavailable() throws Exception {
    assertThat(get("shop.example", "/empty"))
        .startsWith("503 the Service shop/none has no ready endpoint");
  }

  @Test
  void aDeadEndpointIsPassedOver() throws Exception {
    int alive = server("alive");
    publish("shop/none:http", 80, 1, alive);
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> get("shop.example", "/empty").startsWith("200 alive"));
    for (int i = 0; i < 4; i++) {
      assertThat(get("shop.example", "/empty")).startsWith("200 alive");
    }
  }

  @Test
  void theStatusNamesTheAddress() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() ->
            client
                .peek(Resources.INGRESSES, "shop", "shop")
                .at("status", "loadBalancer", "ingress")
                .path(0)
                .path("ip")
                .asText()
                .equals("192.0.2.9"));
  }

  @Test
  void changedIngressesTakeEffect() {
    client.remove(Resources.INGRESSES, "shop", "shop");
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> get("shop.example", "/").startsWith("404"));
  }

  private static KubeObject ingress() {
    return KubeObject.parse(
        """
        {"apiVersion":"networking.k8s.io/v1","kind":"Ingress",
         "metadata":{"name":"shop","namespace":"shop"},
         "spec":{"ingressClassName":"coracle","rules":[
           {"host":"shop.example","http":{"paths":[
             {"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}},
             {"path":"/api","pathType":"Prefix","backend":{"service":{"name":"api","port":{"name":"main"}}}},
             {"path":"/empty","pathType":"Exact","backend":{"service":{"name":"none","port":{"name":"http"}}}}]}},
           {"host":"*.wild.example","http":{"paths":[
             {"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}}]}}]}}\
        """);
  }

  private String get(String host, String path) throws Exception {
    Future<String> answer =
        http.request(
                new RequestOptions()
                    .setMethod(HttpMethod.GET)
                    .setServer(
                        io.vertx.core.net.SocketAddress.inetSocketAddress(
                            gateway.httpPort(), "127.0.0.1"))
                    .setHost(host)
                    .setPort(80)
                    .setURI(path))
            .compose(request -> request.send())
            .compose((HttpClientResponse r) -> r.body().map(b -> r.statusCode() + " " + b));
    return answer.toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS);
  }

  private int server(String name) throws Exception {
    return await(
            vertx
                .createHttpServer()
                .requestHandler(r ->
                    r.response()
                        .end(Buffer.buffer(name + " " + r.uri() + " " + r.authority().host())))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture())
        .actualPort();
  }

  private void publish(String name, int port, Integer... endpoints) throws Exception {
    JsonArray list = new JsonArray();
    for (int endpoint : endpoints) {
      list.add("127.0.0.1:" + endpoint);
    }
    await(
        discovery
            .publish(
                new Record()
                    .setName(name)
                    .setType("kubernetes-service")
                    .setStatus(Status.UP)
                    .setLocation(
                        new JsonObject()
                            .put("host", "10.96.0.9")
                            .put("port", port)
                            .put("endpoints", list)))
            .toCompletionStage()
            .toCompletableFuture());
  }

  private static void selfSigned(Path certificate, Path key) throws Exception {
    Path store = certificate.resolveSibling("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "a",
                "-keyalg",
                "EC",
                "-dname",
                "CN=test",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                "secret")
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    java.security.KeyStore keys =
        java.security.KeyStore.getInstance(store.toFile(), "secret".toCharArray());
    java.util.Base64.Encoder mime = java.util.Base64.getMimeEncoder();
    Files.writeString(
        certificate,
        "-----BEGIN CERTIFICATE-----\n"
            + mime.encodeToString(keys.getCertificate("a").getEncoded())
            + "\n-----END CERTIFICATE-----\n");
    Files.writeString(
        key,
        "-----BEGIN PRIVATE KEY-----\n"
            + mime.encodeToString(keys.getKey("a", "secret".toCharArray()).getEncoded())
            + "\n-----END PRIVATE KEY-----\n");
  }

  private static <T> T await(java.util.concurrent.CompletableFuture<T> future) throws Exception {
    return future.get(10, TimeUnit.SECONDS);
  }
}
