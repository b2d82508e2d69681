package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.watchhub.config.EtcdOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a real etcd that wants TLS, a client certificate, a user and a password. */
class EtcdSecuredTest extends StorageContract {

  private static final String PASSWORD = "a-password-that-no-log-shows";

  @TempDir static Path directory;
  private static EtcdServer server;
  private static TestCertificates certificates;
  private static Vertx vertx;

  @BeforeAll
  static void startEtcd() throws Exception {
    EtcdServer.assumeInstalled();
    certificates = TestCertificates.make(directory.resolve("pki"));
    server = EtcdServer.startSecured(directory, certificates);
    server.ctl("user", "add", "root:root-" + PASSWORD);
    server.ctl("user", "grant-role", "root", "root");
    server.ctl("role", "add", "coracle");
    server.ctl("role", "grant-permission", "coracle", "readwrite", "--prefix", "/");
    server.ctl("user", "add", "coracle:" + PASSWORD);
    server.ctl("user", "grant-role", "coracle", "coracle");
    // Newer etcds let nobody else compact, as the contract does.
    server.ctl("user", "grant-role", "coracle", "root");
    server.ctl("auth", "enable");
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stopEtcd() throws Exception {
    if (vertx != null) {
      vertx.close().await();
    }
    if (server != null) {
      server.close();
    }
  }

  private static EtcdOptions options(String password) {
    return EtcdOptions.of(server.endpoints())
        .withTls(certificates.ca(), certificates.clientCert(), certificates.clientKey())
        .withUser("coracle", password)
        .withCompactEvery(Duration.ZERO);
  }

  @Override
  protected Storage newStorage() {
    return new EtcdStorage(vertx, options(PASSWORD), new SimpleMeterRegistry());
  }

  @Test
  void wrongPasswordsAreRefusedAndNotTold() {
    Storage other = new EtcdStorage(vertx, options("wrong-" + PASSWORD), new SimpleMeterRegistry());
    assertThatThrownBy(
            () -> {
              await(other.open());
              await(other.get("/x", 0));
            })
        .isInstanceOf(StorageException.Unavailable.class)
        .hasMessageContaining("authentication failed")
        .hasMessageNotContaining(PASSWORD);
    await(other.close());
    assertThat(options(PASSWORD).toString()).doesNotContain(PASSWORD);
  }

  @Test
  void withoutACertificateThereIsNoConnection() {
    EtcdOptions bare =
        new EtcdOptions(
            server.endpoints(),
            certificates.ca(),
            null,
            null,
            "coracle",
            PASSWORD,
            Duration.ofSeconds(1),
            Duration.ZERO);
    Storage other = new EtcdStorage(vertx, bare, new SimpleMeterRegistry());
    assertThatThrownBy(
            () -> {
              await(other.open());
              await(other.get("/x", 0));
            })
        .isInstanceOf(StorageException.Unavailable.class);
    await(other.close());
    assertThat(List.of(server.endpoint(0))).allMatch(e -> e.startsWith("https://"));
  }
}
