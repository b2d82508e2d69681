package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.Kubectl;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestServer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small API server of its own behind an APIService, over TLS with client certificates. */
@Tag("kubectl")
class AggregationTest {

  private static final String SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
  private static final String FLUNDERS =
      "/apis/wardle.example.com/v1alpha1/namespaces/default/flunders";

  @TempDir static Path dir;
  private static TestServer server;
  private static TestApi api;
  private static HttpServer extension;
  private static String address;

  @BeforeAll
  static void start() throws Exception {
    address =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(a -> a.getAddress().length == 4 && !a.isLoopbackAddress())
            .map(InetAddress::getHostAddress)
            .findFirst()
            .orElse("");
    Assumptions.assumeFalse(address.isEmpty(), "no address besides loopback");
    server = new TestServer(dir);
    api = new TestApi(server);
    server.pki().issue("ext", "/CN=ext", "subjectAltName=DNS:sample-api.default.svc\n");
    extension =
        server
            .vertx()
            .createHttpServer(
                new HttpServerOptions()
                    .setHost("0.0.0.0")
                    .setPort(0)
                    .setSsl(true)
                    .setClientAuth(ClientAuth.REQUIRED)
                    .setTrustOptions(
                        new PemTrustOptions().addCertPath(server.pki().path("ca.crt").toString()))
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(server.pki().path("ext.crt").toString())
                            .setKeyPath(server.pki().path("ext.key").toString())))
            .requestHandler(AggregationTest::serve);
    extension.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  /** Answers with what it was told about the user. */
  private static void serve(HttpServerRequest request) {
    String body =
        switch (request.path()) {
          case "/apis/wardle.example.com/v1alpha1" ->
              "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":"
                  + "\"wardle.example.com/v1alpha1\",\"resources\":[{\"name\":\"flunders\","
                  + "\"singularName\":\"flunder\",\"namespaced\":true,\"kind\":\"Flunder\","
                  + "\"verbs\":[\"get\",\"list\"]}]}";
          case FLUNDERS ->
              "{\"kind\":\"FlunderList\",\"apiVersion\":\"wardle.example.com/v1alpha1\","
                  + "\"metadata\":{},\"items\":[{\"kind\":\"Flunder\",\"apiVersion\":"
                  + "\"wardle.example.com/v1alpha1\",\"metadata\":{\"name\":\""
                  + request.getHeader("X-Remote-User")
                  + "\",\"namespace\":\"default\",\"labels\":{\"groups\":\""
                  + String.join("_", request.headers().getAll("X-Remote-Group")).replace(":", ".")
                  + "\",\"by\":\""
                  + peer(request)
                  + "\",\"token\":\""
                  + (request.getHeader("Authorization") != null)
                  + "\"}}}]}";
          default -> "";
        };
    if (body.isEmpty()) {
      request.response().setStatusCode(404).end();
    } else {
      request.response().putHeader("Content-Type", "application/json").end(body);
    }
  }

  private static String peer(HttpServerRequest request) {
    try {
      X509Certificate c =
          (X509Certificate) request.connection().sslSession().getPeerCertificates()[0];
      return c.getSubjectX500Principal().getName().replace("CN=", "");
    } catch (javax.net.ssl.SSLPeerUnverifiedException e) {
      return "nobody";
    }
  }

  private static JsonNode available() {
    for (JsonNode c :
        api.get(SERVICES + "/v1alpha1.wardle.example.com")
            .body()
            .path("status")
            .path("conditions")) {
      if (c.path("type").asText().equals("Available")) {
        return c;
      }
    }
    return Json.NODES.missingNode();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Aggregator Should be able to support the 1.17 Sample API Server using"
          + " the current Aggregator [LinuxOnly] [Conformance]")
  void requestsGoToTheOtherServer() throws Exception {
    String ca = Base64.getEncoder().encodeToString(Files.readAllBytes(server.pki().path("ca.crt")));
    api.post(
            SERVICES,
            "{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name:"
                + " v1alpha1.wardle.example.com}, spec: {group: wardle.example.com, version:"
                + " v1alpha1, groupPriorityMinimum: 2000, versionPriority: 200, caBundle: "
                + ca
                + ", service: {namespace: default, name: sample-api, port: 7443}}}")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(available().path("reason").asText()).isEqualTo("ServiceNotFound"));
    assertThat(api.get(FLUNDERS).code()).isEqualTo(503);
    api.post(
            "/api/v1/namespaces/default/services",
            "{metadata: {name: sample-api}, spec: {ports: [{port: 7443}]}}")
        .ok();
    api.post(
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            "{metadata: {name: sample-1, labels: {kubernetes.io/service-name: sample-api}},"
                + " addressType: IPv4, endpoints: [{addresses: ["
                + address
                + "]}], ports: [{name: \"\", port: "
                + extension.actualPort()
                + "}]}")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(available().path("message").asText()).isEqualTo("all checks passed"));
    JsonNode flunder = api.get(FLUNDERS).ok().body().path("items").path(0).path("metadata");
    assertThat(flunder.path("name").asText()).isEqualTo("admin");
    assertThat(flunder.path("labels").path("groups").asText())
        .isEqualTo("system.masters_system.authenticated");
    String proxy =
        api.get("/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication")
            .body()
            .path("data")
            .path("requestheader-allowed-names")
            .asText();
    assertThat(proxy).isEqualTo("[\"" + flunder.path("labels").path("by").asText() + "\"]");
    assertThat(api.get("/apis").body().toString()).contains("wardle.example.com/v1alpha1");
    assertThat(api.get("/apis/wardle.example.com").ok().body().path("preferredVersion"))
        .isEqualTo(
            Json.parse(
                "{\"groupVersion\":\"wardle.example.com/v1alpha1\",\"version\":\"v1alpha1\"}"));
    String all =
        api.call(
                "GET",
                "/apis",
                "",
                "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
                "")
            .body()
            .toString();
    assertThat(all).contains("\"resource\":\"flunders\"", "\"freshness\":\"Current\"");
    Kubectl kubectl = new Kubectl(server.pki().path("admin.kubeconfig"), dir);
    assertThat(kubectl.ok("get", "flunders", "-o", "name")).contains("admin");
    assertThat(new java.util.ArrayList<>(List.of(kubectl.ok("get", "apiservices").split("\\s+"))))
        .contains("v1alpha1.wardle.example.com", "default/sample-api", "True");
    api.delete(SERVICES + "/v1alpha1.wardle.example.com").ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(FLUNDERS).code() == 404);
  }
}
