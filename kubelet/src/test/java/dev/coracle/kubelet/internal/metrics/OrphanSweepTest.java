package dev.coracle.kubelet.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class OrphanSweepTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final PodMetrics pods = new KubeletMetrics(registry, "node").pods();

  private double value(String name) {
    return registry.get("kubelet_orphan_pod_cleaned_volumes" + name).gauge().value();
  }

  @Test
  void whatIsShownIsWhatTheLastSweepHasComeTo() {
    assertThat(value("")).isZero();
    PodMetrics.Sweep first = pods.sweeping();
    first.swept(true);
    first.swept(false);
    assertThat(value("")).isEqualTo(2);
    assertThat(value("_errors")).isOne();

    PodMetrics.Sweep next = pods.sweeping();
    assertThat(value("")).isZero();
    first.swept(true); // It takes longer than the next one.
    assertThat(value("")).isZero();
    next.swept(true);
    assertThat(value("")).isOne();
    assertThat(value("_errors")).isZero();
  }
}
