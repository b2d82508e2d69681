package dev.coracle.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.micrometer.core.instrument.Timer;
import java.time.Duration;
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
  void countsOfTheSchedulerAreHistogramsToo() {
    registry.meters().summary("scheduler_preemption_victims").record(3);
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
