package dev.coracle.apiserver.internal.encryption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.apiserver.internal.identity.ServerId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KmsMetersTest {

  private static final String KEYS = "apiserver_envelope_encryption_key_id_hash_total";

  @TempDir Path dir;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final KmsMeters meters =
      new KmsMeters(registry, "sample", Clock.fixed(Instant.ofEpochSecond(7), ZoneOffset.UTC));

  @Test
  void keysAreToldByTheirHash() {
    meters.sealed("key-1");
    meters.sealed("key-1");
    meters.opened("key-1");
    assertThat(ServerId.sha256("key-1"))
        .isEqualTo("sha256:be2974546978e3739e6d6da85c4be9f334ce32df2b9fd4b6ff1b55c0d57e9d44");
    assertThat(
            registry
                .get(KEYS)
                .tags("transformation_type", "to_storage", "provider_name", "sample")
                .tags("key_id_hash", ServerId.sha256("key-1"))
                .tags("apiserver_id_hash", ServerId.here().hash())
                .counter()
                .count())
        .isEqualTo(2);
    assertThat(
            registry
                .get("apiserver_envelope_encryption_key_id_hash_last_timestamp_seconds")
                .tag("transformation_type", "from_storage")
                .gauge()
                .value())
        .isEqualTo(7);
  }

  @Test
  void onlyTheLatestKeysAreTold() {
    for (int i = 0; i <= 100; i++) {
      meters.sealed("key-" + i);
    }
    assertThat(registry.find(KEYS).counters()).hasSize(100);
    assertThat(registry.find(KEYS).tag("key_id_hash", ServerId.sha256("key-0")).counter()).isNull();
  }

  @Test
  void callsAreTimedByWhatCameOfThem() throws Exception {
    Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    assumeTrue(vertx.isNativeTransportEnabled(), "UNIX sockets need a native transport");
    Path socket = dir.resolve("kms.sock");
    try (KmsPlugin _ = new KmsPlugin(vertx, socket)) {
      KmsClient client = new KmsClient(vertx, socket.toString(), Duration.ofSeconds(30), meters);
      assertThat(
              client
                  .decrypt(new KmsClient.Sealed(new byte[1], "nobody's", Map.of()), "uid")
                  .transform(done -> io.vertx.core.Future.succeededFuture(done.failed()))
                  .toCompletionStage()
                  .toCompletableFuture()
                  .get(30, TimeUnit.SECONDS))
          .isTrue();
      assertThat(
              registry
                  .get("apiserver_envelope_encryption_kms_operations_latency_seconds")
                  .tags("method_name", "Decrypt", "grpc_status_code", "Internal")
                  .timer()
                  .count())
          .isEqualTo(1);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }
}
