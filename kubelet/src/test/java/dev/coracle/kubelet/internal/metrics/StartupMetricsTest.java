package dev.coracle.kubelet.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class StartupMetricsTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private Instant now = Instant.EPOCH.plusSeconds(20);

  private StartupMetrics begun() {
    return new KubeletMetrics(meters, "n1")
        .startup(clock(() -> now), () -> Instant.EPOCH.plusSeconds(10));
  }

  private static Clock clock(InstantSource source) {
    return new Clock() {
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
        return source.instant();
      }
    };
  }

  private double seconds(String part) {
    return meters.get("kubelet_node_startup_" + part + "duration_seconds").gauge().value();
  }

  private void passes(long seconds) {
    now = now.plus(Duration.ofSeconds(seconds));
  }

  @Test
  void aNewNodesStartIsToldPartByPart() {
    StartupMetrics startup = begun();
    passes(1);
    startup.registering();
    passes(2);
    startup.registering();
    startup.registered();
    passes(3);
    startup.ready();
    passes(4);
    startup.ready();
    assertThat(seconds("pre_kubelet_")).isEqualTo(10);
    assertThat(seconds("pre_registration_")).isEqualTo(1);
    assertThat(seconds("registration_")).isEqualTo(2);
    assertThat(seconds("post_registration_")).isEqualTo(3);
    assertThat(seconds("")).isEqualTo(16);
  }

  @Test
  void ofANodeThatWasThereNothingIsTold() {
    StartupMetrics startup = begun();
    startup.registering();
    startup.ready();
    assertThat(meters.find("kubelet_node_startup_duration_seconds").gauge()).isNull();
  }
}
