package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.internal.authn.ClientTrust;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is counted of addresses and ports of Services, of bodies, and of failed handshakes. */
@ExtendWith(OwnServer.class)
class ServerMetersTest {

  private static final String SERVICES = "/api/v1/namespaces/default/services";
  private static final String IPS = "kube_apiserver_clusterip_allocator_";
  private static final String PORTS = "kube_apiserver_nodeport_allocator_";

  private static TestApi api;
  private static TestServer server;
  private static MeterRegistry meters;

  @BeforeAll
  static void start(TestApi ofOwnServer, TestServer ownServer) {
    api = ofOwnServer;
    server = ownServer;
    meters = ownServer.meters();
  }

  private static double counted(String name, String... tags) {
    var found = meters.find(name).tags(tags).counter();
    return found == null ? 0 : found.count();
  }

  private static double now(String gauge) {
    return meters.get(gauge).gauge().value();
  }

  private static TestApi.Answer service(String query, String name, String spec) {
    return api.post(
        SERVICES + query,
        "{metadata: {name: " + name + "}, spec: {ports: [{port: 80}], " + spec + "}}");
  }

  @Test
  void addressesAndPortsTellHowTheyWereAskedForAndHowManyAreLeft() {
    double taken = now(IPS + "allocated_ips");
    double free = now(IPS + "available_ips");
    double dynamic = counted(IPS + "allocation", "scope", "dynamic");
    String ip = service("", "free", "type: ClusterIP").ok().body().at("/spec/clusterIP").asText();
    assertThat(counted(IPS + "allocation", "scope", "dynamic")).isEqualTo(dynamic + 1);
    assertThat(now(IPS + "allocated_ips")).isEqualTo(taken + 1);
    assertThat(now(IPS + "available_ips")).isEqualTo(free - 1);
    assertThat(service("", "taken", "clusterIP: " + ip).code()).isEqualTo(422);
    assertThat(counted(IPS + "allocation_errors", "scope", "static")).isEqualTo(1);
    assertThat(meters.get(IPS + "allocation_errors").counter().getId().getTag("cidr"))
        .isEqualTo(meters.get(IPS + "allocated_ips").gauge().getId().getTag("cidr"))
        .contains("/");
    service("?dryRun=All", "dry", "type: NodePort").ok();
    assertThat(counted(PORTS + "allocation", "scope", "dynamic")).isZero();
    int port =
        service("", "port", "type: NodePort").ok().body().at("/spec/ports/0/nodePort").asInt();
    assertThat(counted(PORTS + "allocation", "scope", "dynamic")).isEqualTo(1);
    assertThat(now(PORTS + "allocated_ports")).isEqualTo(1);
    api.post(
        SERVICES,
        "{metadata: {name: same}, spec: {type: NodePort, ports: [{port: 80, nodePort: "
            + port
            + "}]}}");
    assertThat(counted(PORTS + "allocation_errors", "scope", "static")).isEqualTo(1);
  }

  @Test
  void bodiesAreMeasuredByWhatTheyAreSentFor() {
    api.post("/api/v1/namespaces/default/configmaps", "{metadata: {name: m}}").ok();
    var sizes =
        meters
            .get("apiserver_request_body_size_bytes")
            .tags("group", "", "resource", "configmaps", "verb", "create")
            .summary();
    assertThat(sizes.count()).isEqualTo(1);
    assertThat(sizes.totalAmount()).isBetween(10.0, 1000.0);
  }

  @Test
  void whoeverDecidesIsCountedAndHowItEnds() throws Exception {
    String[] allowed = {"type", "RBAC", "name", "rbac", "decision", "allowed"};
    double decisions = counted("apiserver_authorization_decisions_total", allowed);
    double attempts = counted("authorization_attempts", "result", "allowed");
    double others = counted("authorization_attempts", "result", "no-opinion");
    api.get("/api/v1/namespaces/default").ok();
    assertThat(counted("apiserver_authorization_decisions_total", allowed))
        .isGreaterThan(decisions);
    assertThat(counted("authorization_attempts", "result", "allowed")).isGreaterThan(attempts);
    assertThat(
            meters.get("authorization_duration_seconds").tags("result", "allowed").timer().count())
        .isPositive();
    server.pki().issue("nobody", "/CN=nobody");
    HttpClientAgent client = server.client("nobody", HttpVersion.HTTP_1_1);
    HttpClientResponse answer =
        client
            .request(HttpMethod.GET, "/api/v1/namespaces/default")
            .compose(HttpClientRequest::send)
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
    client.close();
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(counted("authorization_attempts", "result", "no-opinion")).isEqualTo(others + 1);
  }

  private static void connect(String said, @Nullable SSLContext tls) throws Exception {
    InetAddress here = InetAddress.getLoopbackAddress();
    int port = server.server().port();
    try (Socket socket =
        tls == null ? new Socket(here, port) : tls.getSocketFactory().createSocket(here, port)) {
      socket.getOutputStream().write(said.getBytes());
      socket.getOutputStream().flush();
      if (tls != null) {
        socket.getInputStream().read();
        // As one goes whose process dies.
        socket.setSoLinger(true, 0);
      }
    }
  }

  private static void assertFailed(double times) {
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(counted("apiserver_tls_handshake_errors_total")).isEqualTo(times));
  }

  @Test
  void whoDoesNotGetThroughTheHandshakeIsCounted() throws Exception {
    double before = counted("apiserver_tls_handshake_errors_total");
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(
        null,
        new TrustManager[] {new ClientTrust(List.of(server.pki().path("ca.crt"))).lenient()},
        null);
    connect("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", tls);
    connect("GET / HTTP/1.1\r\n\r\n", null);
    assertFailed(before + 1);
    connect("", null);
    assertFailed(before + 2);
  }
}
