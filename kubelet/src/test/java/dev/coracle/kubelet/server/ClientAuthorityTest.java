package dev.coracle.kubelet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.kubelet.server.config.KubeletServerOptions;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who signs clients' certificates changes while the server runs. */
@Timeout(60)
class ClientAuthorityTest {

  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private TestPki first;
  private TestPki second;
  private Path authority;
  private KubeletServer server;
  private int port;

  @BeforeEach
  void start() throws Exception {
    first = pki("first");
    second = pki("second");
    authority = Files.copy(first.certificate("ca"), directory.resolve("client-ca.crt"));
    server =
        new KubeletServer(
            vertx,
            KubeletServerOptions.defaults(
                    "n1", first.certificate("node"), first.key("node"), authority)
                .withListen("127.0.0.1", 0)
                .withTrustedUsers(Set.of("node")),
            new KubeletServerBackend(
                nobody(),
                new FakePods(),
                new ProcessRuntime(vertx, Set.of()),
                (_, _, _, _) -> Uni.createFrom().nothing(),
                KubectlStreamingTest.documents()));
    port = server.start().await().indefinitely();
  }

  @AfterEach
  void stop() {
    server.stop().await().indefinitely();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private TestPki pki(String name) throws Exception {
    return new TestPki(Files.createDirectory(directory.resolve(name))).issue("node", "CN=node");
  }

  private static KubeletAuth nobody() {
    return new KubeletAuth() {
      @Override
      public Uni<Optional<UserInfo>> authenticate(String token) {
        return Uni.createFrom().item(Optional.empty());
      }

      @Override
      public Uni<Boolean> authorize(UserInfo user, NodeAttributes attributes) {
        return Uni.createFrom().item(false);
      }
    };
  }

  private boolean letsIn(TestPki client) throws Exception {
    HttpClient http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setSsl(true)
                .setTrustOptions(
                    new PemTrustOptions().addCertPath(first.certificate("ca").toString()))
                .setKeyCertOptions(
                    new PemKeyCertOptions()
                        .setCertPath(client.certificate("node").toString())
                        .setKeyPath(client.key("node").toString())));
    try {
      return http.request(HttpMethod.GET, port, "localhost", "/healthz")
          .compose(request -> request.send())
          .map(response -> response.statusCode() == 200)
          .toCompletionStage()
          .toCompletableFuture()
          .get(10, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      return false; // The handshake was refused.
    } finally {
      http.close();
    }
  }

  /** As who mounts a ConfigMap does it. */
  private void replaceBy(String content) throws IOException {
    Path fresh = Files.writeString(directory.resolve("fresh"), content);
    Files.move(fresh, authority, StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void aChangedFileIsTakenOverAndABrokenOneIsNot() throws Exception {
    assertThat(letsIn(first)).isTrue();
    assertThat(letsIn(second)).isFalse();
    String both =
        Files.readString(first.certificate("ca")) + Files.readString(second.certificate("ca"));
    replaceBy(both);
    await().until(() -> letsIn(second));
    assertThat(letsIn(first)).isTrue();
    replaceBy("no certificate\n");
    replaceBy(Files.readString(second.certificate("ca")));
    await().until(() -> !letsIn(first));
    assertThat(letsIn(second)).isTrue();
    replaceBy("no certificate\n");
    await().during(500, TimeUnit.MILLISECONDS).until(() -> letsIn(second));
  }
}
