package dev.coracle.launcher.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.launcher.UserErrorException;
import dev.coracle.launcher.pki.CertificateAuthority.Request;
import dev.coracle.launcher.pki.ClusterPki;
import dev.coracle.launcher.pki.Pem;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server is believed by the hash of its CA, and by nothing less. */
class AuthorityPinTest {

  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private ClusterPki pki;
  private URI server;

  @BeforeEach
  void start() throws Exception {
    pki = new ClusterPki(directory, Clock.systemUTC());
    pki.open();
    ClusterPki.Credential credential =
        pki.credential(
            "apiserver",
            new Request(
                "kube-apiserver",
                List.of(),
                List.of("localhost"),
                List.of("127.0.0.1"),
                true,
                false,
                Duration.ofDays(90)));
    HttpServer https =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setSsl(true)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(credential.certificate().toString())
                            .setKeyPath(credential.key().toString())))
            .requestHandler(request -> request.response().end())
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    server = URI.create("https://127.0.0.1:" + https.actualPort());
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void theAuthorityWithThisHashIsTakenFromTheHandshake() throws Exception {
    String pin = AuthorityPin.of(Pem.readCertificate(pki.caCertificate()));
    assertThat(pin).matches("sha256:[0-9a-f]{64}");
    assertThat(AuthorityPin.fetch(server, pin)).isEqualTo(Files.readString(pki.caCertificate()));
  }

  @Test
  void anotherHashIsRefused() {
    assertThatThrownBy(() -> AuthorityPin.fetch(server, "sha256:" + "0".repeat(64)))
        .isInstanceOf(UserErrorException.class)
        .hasMessageContaining("not the one with this --ca-hash");
    assertThatThrownBy(() -> AuthorityPin.fetch(server, "abc"))
        .isInstanceOf(UserErrorException.class)
        .hasMessageContaining("64 hexadecimal digits");
  }
}
