package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.tls.PemIdentity;
import dev.coracle.api.tls.PemKeyManager;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.EtcdFrontendOptions;
import dev.coracle.watchhub.config.EtcdOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The etcd port with TLS: who shows no certificate of its authority gets nothing. */
class EtcdFrontendTlsTest {

  private static final Duration WAIT = Duration.ofSeconds(10);

  @TempDir static Path directory;
  private static TestCertificates certificates;
  private static Vertx vertx;
  private static EmbeddedStorage embedded;
  private static EtcdFrontend frontend;

  @BeforeAll
  static void serve() throws Exception {
    certificates = TestCertificates.make(directory.resolve("pki"));
    vertx = Vertx.vertx();
    embedded =
        new EmbeddedStorage(
            EmbeddedOptions.defaults(directory.resolve("data")).withDurable(false),
            new SimpleMeterRegistry());
    embedded.open().await().atMost(WAIT);
    frontend =
        new EtcdFrontend(
            vertx,
            embedded,
            new EtcdFrontendOptions(
                "127.0.0.1", 0, certificates.cert(), certificates.key(), certificates.ca()));
    frontend.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @AfterAll
  static void stop() throws Exception {
    frontend.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    embedded.close().await().atMost(WAIT);
    vertx.close().await();
  }

  /** With a certificate of its authority the port is a store. */
  @Test
  void certificatesOfItsAuthorityGetIn() throws Exception {
    assertThat(frontend.url()).startsWith("https://127.0.0.1:");
    EtcdOptions options =
        EtcdOptions.of(List.of(frontend.url()))
            .withTls(certificates.ca(), certificates.clientCert(), certificates.clientKey())
            .withCompactEvery(Duration.ZERO);
    Storage storage = new EtcdStorage(vertx, options, new SimpleMeterRegistry());
    try {
      storage.open().await().atMost(WAIT);
      assertThat(storage.create("/x", new byte[1], 0).await().atMost(WAIT).version()).isEqualTo(1);
    } finally {
      storage.close().await().atMost(WAIT);
    }
  }

  /**
   * Without one, or with another's, the handshake ends. Asked without the storage's client, which
   * cannot tell that from a server that is about to come back, and so would try for some seconds.
   */
  @Test
  void othersDoNot(@TempDir Path other) throws Exception {
    assertThat(refusal(new KeyManager[0])).contains("certificate_required");
    TestCertificates strange = TestCertificates.make(other);
    PemIdentity identity = PemIdentity.read(strange.clientCert(), strange.clientKey());
    assertThat(refusal(new KeyManager[] {new PemKeyManager(identity)}))
        .containsAnyOf("certificate_unknown", "unknown_ca", "bad_certificate");
  }

  /** The words with which the server ends a connection. */
  private static String refusal(KeyManager[] identity) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream ca = Files.newInputStream(certificates.ca())) {
      trusted.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(ca));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(identity, trust.getTrustManagers(), null);
    URI url = URI.create(frontend.url());
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(url.getHost(), url.getPort())) {
      socket.setSoTimeout((int) WAIT.toMillis());
      socket.startHandshake();
      // In TLS 1.3 the client is done before the server has looked.
      return "not refused: " + socket.getInputStream().read();
    } catch (SSLException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
