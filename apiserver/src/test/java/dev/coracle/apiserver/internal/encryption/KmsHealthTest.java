package dev.coracle.apiserver.internal.encryption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.apiserver.HealthCheck;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether a key management service is well shows in the server's health. */
class KmsHealthTest {

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @TempDir private Path dir;

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void aServiceThatGoesIsToldUntilItIsBack() throws Exception {
    assumeTrue(vertx.isNativeTransportEnabled(), "UNIX sockets need a native transport");
    Path socket = dir.resolve("kms.sock");
    KmsMeters meters = new KmsMeters(registry, "one", Clock.systemUTC());
    KmsV2 kms =
        new KmsV2(
            vertx,
            "one",
            new KmsClient(vertx, socket.toString(), Duration.ofSeconds(30), meters),
            meters,
            new KmsV2.Polling(Duration.ofMillis(20), Duration.ofMillis(10)));
    try (KmsPlugin _ = new KmsPlugin(vertx, socket)) {
      kms.start().await().atMost(Duration.ofSeconds(30));
      assertThat(kms.problem()).isEmpty();
    }
    await()
        .untilAsserted(() ->
            assertThat(kms.problem().orElse(""))
                .startsWith(
                    "failed to perform status section of the healthz check for KMS Provider one,"
                        + " error: "));
    try (KmsPlugin _ = new KmsPlugin(vertx, socket)) {
      await().untilAsserted(() -> assertThat(kms.problem()).isEmpty());
    }
    kms.stop();
  }

  @Test
  void everyServiceHasACheckOnce() {
    String config =
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
        - resources: [secrets]
          providers:
          - kms: {apiVersion: v2, name: one, endpoint: "unix:///one"}
          - kms: {apiVersion: v2, name: two, endpoint: "unix:///two"}
          - identity: {}
        - resources: [configmaps]
          providers: [{kms: {apiVersion: v2, name: one, endpoint: "unix:///one"}}]
        """;
    assertThat(
            EncryptionConfig.parse(
                    vertx, "/registry", config.getBytes(StandardCharsets.UTF_8), registry)
                .checks())
        .extracting(HealthCheck::name, HealthCheck::asked)
        .containsExactly(
            tuple("kms-provider-0", HealthCheck.At.NOT_LIVEZ),
            tuple("kms-provider-1", HealthCheck.At.NOT_LIVEZ));
  }
}
