package dev.coracle.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.metrics.internal.usage.NodeSamples;
import dev.coracle.metrics.internal.usage.Sample;
import dev.coracle.metrics.internal.usage.Usage;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");

  private static Sample sample(int second, double cpu, Instant started) {
    return new Sample(T.plusSeconds(second), cpu, 1024, started);
  }

  @Test
  void isTheMeanBetweenTwoSamples() {
    Usage usage =
        Usage.between(sample(0, 5, Instant.MIN), sample(10, 8, Instant.MIN)).orElseThrow();
    assertThat(usage.cores()).isEqualTo(0.3);
    assertThat(usage.window()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void countsFromTheStartOfAContainerThatWasRestarted() {
    Usage usage =
        Usage.between(sample(0, 500, T.minusSeconds(99)), sample(10, 2, T.plusSeconds(6)))
            .orElseThrow();
    assertThat(usage.cores()).isEqualTo(0.5);
    assertThat(usage.window()).isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void doesNotBelieveAStartThatIsTheSamplesOwnTime() {
    Usage usage = Usage.between(sample(0, 5, T), sample(10, 8, T.plusSeconds(10))).orElseThrow();
    assertThat(usage.cores()).isEqualTo(0.3);
    assertThat(Usage.between(null, sample(10, 8, T.plusSeconds(10)))).isEmpty();
  }

  @Test
  void saysNothingWhereNothingIsKnown() {
    assertThat(Usage.between(null, sample(10, 8, Instant.MIN))).isEmpty();
    assertThat(Usage.between(sample(0, 9, Instant.MIN), sample(10, 8, Instant.MIN))).isEmpty();
    assertThat(Usage.between(sample(10, 8, Instant.MIN), sample(10, 8, Instant.MIN))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"15000,15s", "15021,15.021s", "120500,2m0.5s", "3600000,1h0m0s"})
  void writesWindowsAsKubernetesDoes(long millis, String text) {
    assertThat(Usage.text(Duration.ofMillis(millis))).isEqualTo(text);
  }

  @Test
  void readsLabelsWithQuotesAndPassesOverTheRest() {
    NodeSamples samples =
        NodeSamples.parse(
            """
            # HELP node_cpu_usage_seconds_total x
            nonsense
            container_cpu_usage_seconds_total{container="a\\"b",namespace="n",pod="p"} 3
            container_memory_working_set_bytes{pod="p",namespace="n",container="a\\"b"} 7
            container_broken{ 4
            """,
            T);
    assertThat(samples.containers()).containsOnlyKeys("n/p/a\"b");
    assertThat(samples.containers().get("n/p/a\"b").cpuSeconds()).isEqualTo(3);
  }
}
