package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.TestApi.Answer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A kubelet whose certificate nobody knows gives its logs to who wants them all the same. */
@ExtendWith(OwnServer.class)
class UnverifiedLogsTest {

  private static final String POD = "/api/v1/namespaces/default/pods/p/";
  private static final String UNVERIFIED = "insecureSkipTLSVerifyBackend=true";

  @TempDir static Path dir;
  private static TestApi api;
  private static TestServer server;

  @BeforeAll
  static void start(TestServer own, TestApi ofOwnServer) throws Exception {
    server = own;
    api = ofOwnServer;
    TestPki unknown = new TestPki(dir);
    HttpServer kubelet =
        server
            .vertx()
            .createHttpServer(
                new HttpServerOptions()
                    .setSsl(true)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(unknown.path("server.crt").toString())
                            .setKeyPath(unknown.path("server.key").toString())))
            .requestHandler(r -> r.response().end("asked for " + r.uri()))
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
    api.post("/api/v1/namespaces/default/serviceaccounts", "metadata: {name: default}").ok();
    api.post(
            "/api/v1/nodes",
            "{metadata: {name: n}, status: {addresses: [{type: InternalIP, address: 127.0.0.1}],"
                + " daemonEndpoints: {kubeletEndpoint: {Port: "
                + kubelet.actualPort()
                + "}}}}")
        .ok();
    api.post(
            "/api/v1/namespaces/default/pods",
            "{metadata: {name: p}, spec: {nodeName: n, containers: [{name: c, image: i}]}}")
        .ok();
  }

  @Test
  void logsAreGivenWhereTheClientSaysSo() throws Exception {
    double untrusted = logs("backend_tls_failure_total");
    double verified = logs("insecure_backend_total", "usage", "enforce_tls");
    double unverified = logs("insecure_backend_total", "usage", "skip_tls_allowed");
    Answer refused = api.get(POD + "log?tailLines=1");
    assertThat(refused.code()).isEqualTo(503);
    assertThat(refused.message()).startsWith("error dialing backend: ");
    byte[] log = api.bytes(POD + "log?tailLines=1&" + UNVERIFIED, "identity");
    assertThat(new String(log, StandardCharsets.UTF_8))
        .isEqualTo("asked for /containerLogs/default/p/c?tailLines=1");
    assertThat(logs("backend_tls_failure_total") - untrusted).isOne();
    assertThat(logs("insecure_backend_total", "usage", "enforce_tls") - verified).isOne();
    assertThat(logs("insecure_backend_total", "usage", "skip_tls_allowed") - unverified).isOne();
  }

  private static double logs(String name, String... tags) {
    return server.meters().counter("kube_apiserver_pod_logs_" + name, tags).count();
  }

  @Test
  void nothingElseIs() {
    Answer refused = api.get(POD + "exec?command=a&stdout=true&" + UNVERIFIED);
    assertThat(refused.code()).isEqualTo(503);
    assertThat(refused.message()).startsWith("error dialing backend: ");
  }
}
