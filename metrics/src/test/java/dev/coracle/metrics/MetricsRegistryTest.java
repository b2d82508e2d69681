package dev.coracle.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.api.HistogramSource;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsRegistryTest {
  private final MetricsRegistry registry = new MetricsRegistry();

  @AfterEach
  void close() {
    registry.close();
  }

  @Test
  void tellsOfTheProcessUnderTheUsualNames() {
    String text = registry.scrape(null).body();
    assertThat(text)
        .contains("process_cpu_seconds_total ")
        .contains("process_resident_memory_bytes ")
        .contains("process_start_time_seconds ")
        .contains("process_open_fds ")
        .contains("jvm_memory_used_bytes{")
        .contains("jvm_threads_live_threads ");
  }

  @Test
  void oneComponentsMetersCanBeAskedForAlone() {
    registry.meters().counter("kubeproxy_things_total").increment();
    assertThat(registry.text("kubeproxy_").lines().filter(l -> !l.startsWith("#")))
        .containsExactly("kubeproxy_things_total 1.0");
  }

  @Test
  void countersHaveTheNamesThatKubernetesGivesThem() {
    registry.meters().counter("endpoint_slice_controller_syncs", "result", "success").increment();
    registry.meters().counter("endpoint_slice_controller_other_total").increment();
    for (String accept : new String[] {null, "application/openmetrics-text"}) {
      assertThat(registry.scrape(accept).body().lines().filter(l -> l.startsWith("endpoint_")))
          .containsExactly(
              "endpoint_slice_controller_other_total 1.0",
              "endpoint_slice_controller_syncs{result=\"success\"} 1.0");
    }
  }

  @Test
  void makesHistogramsOfTimers() {
    registry
        .meters()
        .timer("workqueue_queue_duration", "name", "pods")
        .record(Duration.ofMillis(7));
    assertThat(registry.scrape(null).body())
        .contains("# TYPE workqueue_queue_duration_seconds histogram")
        .contains("workqueue_queue_duration_seconds_bucket{name=\"pods\",le=\"0.005\"} 0")
        .contains("workqueue_queue_duration_seconds_bucket{name=\"pods\",le=\"0.01\"} 1")
        .contains("workqueue_queue_duration_seconds_count{name=\"pods\"} 1");
  }

  private static final class Source implements HistogramSource, Iterable<Measurement> {
    @Override
    public Reading read() {
      return new Reading(List.of(0.0, 0.5, Double.POSITIVE_INFINITY), List.of(3L, 4L, 0L), 1.25);
    }

    @Override
    public Iterator<Measurement> iterator() {
      return List.of(new Measurement(() -> 7.0, Statistic.COUNT)).iterator();
    }
  }

  @Test
  void makesHistogramsOfWhatKeepsItsBucketsItself() {
    for (String phase : List.of("waiting", "executing")) {
      Meter.builder("request_utilization", Meter.Type.OTHER, new Source())
          .description("How much is used")
          .tag("phase", phase)
          .register(registry.meters());
    }
    assertThat(registry.scrape(null).body())
        .containsOnlyOnce("# HELP request_utilization How much is used\n")
        .containsOnlyOnce("# TYPE request_utilization histogram\n")
        .contains("request_utilization_bucket{phase=\"waiting\",le=\"0.0\"} 3\n")
        .contains("request_utilization_bucket{phase=\"waiting\",le=\"0.5\"} 7\n")
        .contains("request_utilization_bucket{phase=\"waiting\",le=\"+Inf\"} 7\n")
        .contains("request_utilization_count{phase=\"executing\"} 7\n")
        .contains("request_utilization_sum{phase=\"executing\"} 1.25\n");
    registry.meters().get("request_utilization").meters().forEach(registry.meters()::remove);
    assertThat(registry.scrape(null).body()).doesNotContain("request_utilization");
  }

  @Test
  void hasNoMaximumBesideAHistogramAsNoKubernetesComponentHas() {
    registry.meters().timer("workqueue_work_duration").record(Duration.ofMillis(7));
    registry.meters().gauge("pool_max", 3);
    assertThat(registry.scrape(null).body())
        .contains("workqueue_work_duration_seconds_sum")
        .contains("pool_max 3")
        .doesNotContain("workqueue_work_duration_seconds_max");
  }

  @Test
  void saysWhichKubernetesItIs() {
    registry.tellBuild("v1.36.0");
    assertThat(registry.scrape(null).body())
        .containsPattern(
            "kubernetes_build_info\\{.*git_version=\"v1.36.0\",major=\"1\",minor=\"36\".*} 1");
  }

  @Test
  void describesEveryMeter() {
    registry.meters().counter("workqueue_adds_total", "name", "pods").increment();
    registry.meters().counter("something_else_total").increment();
    assertThat(registry.scrape(null).body())
        .contains("# HELP workqueue_adds_total Names a work queue has taken\n")
        .contains("# HELP something_else_total Something else total\n");
  }

  @Test
  void countsWithBucketsAreHistogramsToo() {
    DistributionSummary.builder("scheduler_preemption_victims")
        .serviceLevelObjectives(1, 2, 4)
        .register(registry.meters())
        .record(3);
    assertThat(registry.scrape(null).body())
        .contains("scheduler_preemption_victims_bucket{le=\"4.0\"} 1");
  }

  @Test
  void leavesBucketsAsTheyWereChosen() {
    Timer.builder("own").serviceLevelObjectives(Duration.ofMillis(3)).register(registry.meters());
    assertThat(registry.scrape(null).body())
        .contains("own_seconds_bucket{le=\"0.003\"}")
        .doesNotContain("own_seconds_bucket{le=\"0.005\"}");
  }

  @Test
  void speaksTheFormatThatIsAskedFor() {
    var plain = registry.scrape("text/plain;version=0.0.4");
    assertThat(plain.contentType()).startsWith("text/plain; version=0.0.4");
    var open =
        registry.scrape(
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5");
    assertThat(open.contentType()).startsWith("application/openmetrics-text; version=1.0.0");
    assertThat(open.body()).endsWith("# EOF\n");
  }

  @Test
  void isReadByPromtool() throws Exception {
    assumeTrue(Promtool.installed(), "needs promtool");
    Promtool.check(registry.scrape(null).body());
  }
}
