package dev.coracle.launcher.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.launcher.agent.CertificateRequests.Purpose;
import dev.coracle.launcher.pki.ClusterPki;
import dev.coracle.launcher.pki.ClusterSigner;
import dev.coracle.launcher.pki.Pem;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A node's certificates over time: time is the test's, the signer a real authority. */
class NodeCertificatesTest {
  private static final GroupVersionResource REQUESTS =
      new GroupVersionResource("certificates.k8s.io", "v1", "certificatesigningrequests");
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration LIFE = Duration.ofDays(30);

  /** Moved by the test; read by other threads. */
  private static final class Time extends Clock {
    private volatile Instant now = START;

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  private final Vertx vertx = Vertx.vertx();
  private final FakeClient api = new FakeClient();
  private final Time time = new Time();
  private Cancellable signer = () -> {};

  @TempDir Path directory;

  @BeforeEach
  void sign() throws Exception {
    ClusterPki pki = new ClusterPki(directory.resolve("pki"), time);
    pki.open();
    ClusterSigner authority = new ClusterSigner(vertx, pki);
    signer =
        api.watch(REQUESTS, "", WatchOptions.after(ListOptions.ALL, "0"))
            .subscribe()
            .with(event -> {
              if (event instanceof WatchEvent.Added added) {
                answer(authority, added.object());
              }
            });
  }

  private void answer(ClusterSigner authority, KubeObject request) {
    byte[] pem = Base64.getDecoder().decode(request.text("spec", "request"));
    String usage = request.at("spec", "usages").path(1).asText();
    authority
        .sign(CertificateRequest.parsePem(pem), Set.of("digital signature", usage), LIFE)
        .subscribe()
        .with(certificate ->
            api.put(
                REQUESTS,
                request.with(o ->
                    o.putObject("status")
                        .put(
                            "certificate",
                            Base64.getEncoder()
                                .encodeToString(
                                    certificate.getBytes(StandardCharsets.US_ASCII))))));
  }

  @AfterEach
  void stop() throws Exception {
    signer.cancel();
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }

  @ParameterizedTest
  @EnumSource(Purpose.class)
  void isRenewedBeforeItEndsWithAKeyOfItsOwn(Purpose purpose) throws Exception {
    NodeCertificates kept = new NodeCertificates(vertx, directory, "node", purpose, time);
    CertificateRequests requests = new CertificateRequests(api, "n1", "192.0.2.1");
    assertThat(kept.isUsable()).isFalse();
    kept.obtain(requests).await().atMost(Duration.ofSeconds(30));
    X509Certificate first = Pem.readCertificate(kept.certificate());
    assertThat(kept.isUsable()).isTrue();
    assertThat(first.getSubjectX500Principal().getName()).contains("CN=system:node:n1");

    // What has less than a tenth of its life left is renewed at once, and then left alone.
    AtomicInteger renewed = new AtomicInteger();
    time.now = START.plus(LIFE.multipliedBy(95).dividedBy(100));
    kept.keep(() -> requests, renewed::incrementAndGet);
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> renewed.get() == 1);
    kept.stop();
    X509Certificate second = Pem.readCertificate(kept.certificate());
    assertThat(second.getSerialNumber()).isNotEqualTo(first.getSerialNumber());
    assertThat(second.getPublicKey()).isNotEqualTo(first.getPublicKey());
    assertThat(second.getNotAfter().toInstant()).isEqualTo(time.now.plus(LIFE));

    time.now = START.plus(LIFE.multipliedBy(3));
    assertThat(kept.isUsable()).isFalse();
  }
}
