package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.certificates.TestAuthority;
import dev.coracle.apiserver.config.AuthenticationOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that come with a certificate of another cluster (ADR 0302). */
class UntrustedCertificatesTest {

  @TempDir static Path dir;
  @TempDir static Path elsewhere;
  @TempDir static Path third;

  private static TestServer server;
  private static TestApi api;
  private static HttpClientAgent client;

  @BeforeAll
  static void start() throws Exception {
    new TestAuthority(third, "third");
    server =
        new TestServer(
            dir,
            new MemoryStore(),
            SecurityOptions.DEFAULT.withAuthentication(
                new AuthenticationOptions(null, false, third.resolve("ca.crt"))));
    api = new TestApi(server);
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
    server.close();
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
        .compose(request -> {
          // Asked for first: the body could pass before this thread waits for it.
          Future<Answer> answer =
              request
                  .response()
                  .compose(response ->
                      response
                          .body()
                          .map(body -> new Answer(response.statusCode(), body.toString())));
          request.end();
          return answer;
        })
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

  private static String trusted() {
    return api.get("/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication")
        .ok()
        .body()
        .at("/data/client-ca-file")
        .asText();
  }

  private static void untilAnswered(int code) {
    await().untilAsserted(() -> assertThat(get("/version", "").code()).isEqualTo(code));
  }

  /** Of the connection that was refused before. */
  @Test
  void countFromWhenTheirAuthorityIsInTheFileUntilItIsTakenOut() throws Exception {
    Path file = third.resolve("ca.crt");
    String before = Files.readString(file);
    String theirs = Files.readString(elsewhere.resolve("ca.crt"));
    String own = Files.readString(server.pki().path("ca.crt"));
    assertThat(trusted()).isEqualTo(own.stripTrailing() + "\n" + before);
    untilAnswered(401);
    Files.writeString(file, before + theirs);
    untilAnswered(200);
    await().untilAsserted(() -> assertThat(trusted()).contains(own.strip(), theirs.strip()));
    Files.writeString(file, "no certificates at all");
    Files.writeString(file, before);
    untilAnswered(401);
    await().untilAsserted(() -> assertThat(trusted()).doesNotContain(theirs.strip()));
  }

  @Test
  void whoShowsNothingIsLetInNowhereWhereAnonymousRequestsAreNot() throws Exception {
    HttpClientAgent nobody =
        server
            .vertx()
            .createHttpClient(
                new HttpClientOptions()
                    .setSsl(true)
                    .setTrustOptions(
                        new PemTrustOptions().addCertPath(server.pki().path("ca.crt").toString())));
    int code =
        nobody
            .request(HttpMethod.GET, server.server().port(), "127.0.0.1", "/healthz")
            .compose(request -> request.send())
            .map(response -> response.statusCode())
            .await(20, TimeUnit.SECONDS);
    assertThat(code).isEqualTo(401);
  }
}
