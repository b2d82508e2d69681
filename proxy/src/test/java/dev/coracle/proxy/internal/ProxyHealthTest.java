package dev.coracle.proxy.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.proxy.config.MachineOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.net.ServerSocket;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a proxy is said to keep up, and its node to get traffic. */
class ProxyHealthTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private Instant now = START;
  private final InstantSource time = () -> now;
  private final ProxyHealth health = new ProxyHealth(clock());

  private Clock clock() {
    return time.withZone(ZoneOffset.UTC);
  }

  private void pass(int seconds) {
    now = now.plusSeconds(seconds);
  }

  @Test
  void whatWaitsForAMinuteIsLate() {
    health.queued();
    pass(3600);
    assertThat(health.keepsUp()).as("as long as it begins").isTrue();
    health.updated(false);
    Instant updated = now;
    pass(3600);
    assertThat(health.report())
        .as("nothing waits")
        .isEqualTo(new ProxyHealth.Report(true, true, now, now));
    health.queued();
    pass(30);
    health.queued();
    pass(29);
    assertThat(health.keepsUp()).isTrue();
    pass(1);
    assertThat(health.report())
        .as("the first has waited for a minute")
        .isEqualTo(new ProxyHealth.Report(false, true, updated, now));
    health.updated(true);
    assertThat(health.keepsUp()).isTrue();
    pass(60);
    assertThat(health.keepsUp()).as("there was more").isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"metadata\":{\"name\":\"n\",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"}",
        "\"metadata\":{\"name\":\"n\"},\"spec\":{\"taints\":[{\"key\":\"x\"},"
            + "{\"key\":\"ToBeDeletedByClusterAutoscaler\"}]}"
      })
  void aNodeThatLeavesIsToGetNothing(String leaving) {
    health.node(KubeObject.parse("{\"apiVersion\":\"v1\",\"kind\":\"Node\"," + leaving + "}"));
    assertThat(health.report().eligible()).isFalse();
    assertThat(health.keepsUp()).isTrue();
    health.node(
        KubeObject.parse(
            "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"},"
                + "\"spec\":{\"taints\":[{\"key\":\"x\"}]}}"));
    assertThat(health.report().eligible()).isTrue();
  }

  @Test
  void aPortThatIsTakenIsTriedAgain() throws Exception {
    Vertx vertx = Vertx.vertx();
    HealthServer server;
    try (ServerSocket taken = new ServerSocket(0)) {
      server =
          new HealthServer(
              vertx,
              health,
              new SimpleMeterRegistry(),
              MachineOptions.bindAddress("0.0.0.0:" + taken.getLocalPort()));
      server.open();
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> server.port() == -1);
    }
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> server.port() > 0);
    server.close().await().atMost(Duration.ofSeconds(10));
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void readsAddresses() {
    assertThat(MachineOptions.bindAddress("")).isEqualTo(Optional.empty());
    assertThat(MachineOptions.bindAddress("0.0.0.0:10256"))
        .contains(SocketAddress.inetSocketAddress(10256, "0.0.0.0"));
    assertThat(MachineOptions.bindAddress("[::]:10256"))
        .contains(SocketAddress.inetSocketAddress(10256, "::"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"10256", ":10256", "0.0.0.0", "0.0.0.0:", "::1:5", "1.2.3.4:99999", "[]:5"})
  void saysWhatIsNoAddress(String text) {
    assertThatThrownBy(() -> MachineOptions.bindAddress(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "' is no ADDRESS:PORT");
  }
}
