package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server behind the API server gets of a request that came by HTTP/2. */
@ExtendWith(OwnServer.class)
class ProxiedBodiesTest {

  private static final String ECHO = "/api/v1/nodes/n/proxy/echo";

  private static Vertx vertx;
  private static HttpClientAgent client;
  private static int port;

  @BeforeAll
  static void start(TestServer server, TestApi api) throws Exception {
    vertx = server.vertx();
    port = server.server().port();
    client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setSsl(true)
                .setUseAlpn(true)
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setKeyCertOptions(
                    new PemKeyCertOptions()
                        .setCertPath(server.pki().path("admin.crt").toString())
                        .setKeyPath(server.pki().path("admin.key").toString()))
                .setTrustOptions(
                    new PemTrustOptions().addCertPath(server.pki().path("ca.crt").toString())));
    HttpServer kubelet =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setSsl(true)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(server.pki().path("server.crt").toString())
                            .setKeyPath(server.pki().path("server.key").toString())))
            .requestHandler(ProxiedBodiesTest::echo)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
    api.post(
            "/api/v1/nodes",
            "{metadata: {name: n}, status: {addresses: [{type: InternalIP, address: 127.0.0.1}],"
                + " daemonEndpoints: {kubeletEndpoint: {Port: "
                + kubelet.actualPort()
                + "}}}}")
        .ok();
  }

  private static void echo(HttpServerRequest request) {
    request
        .body()
        .onSuccess(body ->
            request
                .response()
                .end(
                    request.method()
                        + " "
                        + request.getHeader("Transfer-Encoding")
                        + " "
                        + request.getHeader("Content-Length")
                        + " "
                        + body));
  }

  private static String sent(String method, Buffer... pieces) throws Exception {
    return client
        .request(HttpMethod.valueOf(method), port, "127.0.0.1", ECHO)
        .compose(request -> request(request, pieces).compose(HttpClientResponse::body))
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS)
        .toString();
  }

  private static Future<HttpClientResponse> request(HttpClientRequest request, Buffer... pieces) {
    request.setChunked(pieces.length > 0);
    for (Buffer piece : pieces) {
      request.write(piece);
    }
    request.end();
    return request.response();
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "PATCH"})
  void noBodyIsNoneBehindToo(String method) throws Exception {
    assertThat(sent(method)).isEqualTo(method + " null 0 ");
  }

  @Test
  void aDeleteWithoutABodySaysNothingOfOne() throws Exception {
    assertThat(sent("DELETE")).startsWith("DELETE null ").endsWith(" ");
  }

  @Test
  void aBodyOfUnknownLengthComesWhole() throws Exception {
    Buffer large = Buffer.buffer("y".repeat(300_000));
    assertThat(sent("PATCH", Buffer.buffer("a"), Buffer.buffer("b")))
        .isEqualTo("PATCH chunked null ab");
    assertThat(sent("POST", large, large, Buffer.buffer("end")))
        .isEqualTo("POST chunked null " + large + large + "end");
  }
}
