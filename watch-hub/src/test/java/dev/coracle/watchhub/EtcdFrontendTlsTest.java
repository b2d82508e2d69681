package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.EtcdFrontendOptions;
import dev.coracle.watchhub.config.EtcdOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

  private static boolean works(EtcdOptions options) {
    Storage storage =
        new EtcdStorage(vertx, options.withCompactEvery(Duration.ZERO), new SimpleMeterRegistry());
    try {
      storage.open().await().atMost(WAIT);
      return storage.create("/x" + System.nanoTime(), new byte[1], 0).await().atMost(WAIT).version()
          == 1;
    } catch (StorageException.Unavailable e) {
      return false;
    } finally {
      storage.close().await().atMost(WAIT);
    }
  }

  @Test
  void onlyCertificatesOfItsAuthorityGetIn(@TempDir Path other) throws Exception {
    EtcdOptions options = EtcdOptions.of(List.of(frontend.url()));
    assertThat(frontend.url()).startsWith("https://127.0.0.1:");
    assertThat(
            works(
                options.withTls(
                    certificates.ca(), certificates.clientCert(), certificates.clientKey())))
        .isTrue();
    long before = embedded.revision().await().atMost(WAIT);
    assertThat(works(options.withTls(certificates.ca(), null, null))).isFalse();
    TestCertificates strange = TestCertificates.make(other);
    assertThat(works(options.withTls(certificates.ca(), strange.clientCert(), strange.clientKey())))
        .isFalse();
    assertThat(embedded.revision().await().atMost(WAIT)).isEqualTo(before);
  }
}
