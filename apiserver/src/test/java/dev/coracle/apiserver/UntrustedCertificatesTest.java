package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.certificates.TestAuthority;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Clients that come with a certificate of another cluster (ADR 0302). */
@ExtendWith(OwnServer.class)
class UntrustedCertificatesTest {

  @TempDir static Path elsewhere;

  private static TestServer server;
  private static TestApi api;
  private static HttpClientAgent client;

  @BeforeAll
  static void start(TestApi ofOwnServer, TestServer ownServer) {
    api = ofOwnServer;
    server = ownServer;
    new TestAuthority(elsewhere, "kubernetes")
        .issue("admin", "admin", List.of("system:masters"), List.of());
    client =
        server
            .vertx()
            .createHttpClient(
                new HttpClientOptions()
                    .setSsl(true)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(elsewhere.resolve("admin.crt").toString())
                            .setKeyPath(elsewhere.resolve("admin.key").toString()))
                    .setTrustOptions(
                        new PemTrustOptions().addCertPath(server.pki().path("ca.crt").toString())));
  }

  @AfterAll
  static void stop() throws Exception {
    client.close().await(10, TimeUnit.SECONDS);
  }

  private record Answer(int code, String body) {}

  private static Answer get(String path, String authorization) throws Exception {
    RequestOptions options =
        new RequestOptions()
            .setHost("127.0.0.1")
            .setPort(server.server().port())
            .setMethod(HttpMethod.GET)
            .setURI(path);
    if (!authorization.isEmpty()) {
      options.putHeader("Authorization", authorization);
    }
    return client
        .request(options)
        .compose(request -> request.send())
        .compose(response ->
            response.body().map(body -> new Answer(response.statusCode(), body.toString())))
        .await(20, TimeUnit.SECONDS);
  }

  @Test
  void areToldThatTheyAreNobody() throws Exception {
    Answer refused = get("/api/v1/namespaces", "");
    assertThat(refused.code()).isEqualTo(401);
    JsonNode status = Json.parse(refused.body());
    assertThat(status.path("reason").asText()).isEqualTo("Unauthorized");
    assertThat(status.path("message").asText()).isEqualTo("Unauthorized");
    assertThat(get("/healthz", "").code()).as("not even anonymous").isEqualTo(401);
  }

  @Test
  void mayHaveAGoodTokenAllTheSame() throws Exception {
    api.post("/api/v1/namespaces/default/serviceaccounts", "{metadata: {name: a}}").ok();
    String token =
        api.post(
                "/api/v1/namespaces/default/serviceaccounts/a/token",
                "{apiVersion: authentication.k8s.io/v1, kind: TokenRequest, spec: {}}")
            .ok()
            .body()
            .at("/status/token")
            .asText();
    assertThat(get("/healthz", "Bearer " + token).code()).isEqualTo(200);
    assertThat(get("/healthz", "Bearer no" + token).code()).isEqualTo(401);
  }
}
