package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Resources;
import dev.coracle.scheduler.internal.SchedulerMetrics;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is measured of single plugins, of events and of what they are hoped for. */
class SchedulerTimesTest {

  private final SchedulerFixture f = new SchedulerFixture().start();

  private long plugin(String plugin, String point, String status) {
    return times(
        "scheduler_plugin_execution_duration",
        "plugin",
        plugin,
        "extension_point",
        point,
        "status",
        status);
  }

  private long times(String name, String... tags) {
    return f.registry.find(name).tags(tags).timers().stream().mapToLong(Timer::count).sum();
  }

  @Test
  void pluginsAreMeasuredOfEveryTenthPod() {
    f.node("n1", "8");
    f.node("n2", "8");
    f.node("small", "0");
    f.pod("p0", "100m");
    f.run();
    assertThat(plugin("NodeResourcesFit", "Filter", "Success")).isEqualTo(2);
    assertThat(
            plugin("NodeResourcesFit", "Filter", "UnschedulableAndUnresolvable")
                + plugin("NodeResourcesFit", "Filter", "Unschedulable"))
        .isEqualTo(1);
    assertThat(plugin("NodeResourcesFit", "Score", "Success")).isEqualTo(1);
    assertThat(plugin("PodTopologySpread", "PreFilter", "Success")).isEqualTo(1);
    for (String point : List.of("Reserve", "PreBind")) {
      assertThat(plugin("VolumeBinding", point, "Success")).as(point).isEqualTo(1);
    }
    assertThat(plugin("DefaultBinder", "Bind", "Success")).isEqualTo(1);
    for (int i = 1; i < 10; i++) {
      f.pod("p" + i, "100m");
    }
    f.run();
    assertThat(plugin("DefaultBinder", "Bind", "Success")).isEqualTo(1);
    f.pod("p10", "100m");
    f.run();
    assertThat(plugin("DefaultBinder", "Bind", "Success")).isEqualTo(2);
  }

  @Test
  void eventsAreMeasuredAndWhatPluginsHopeOfThem() {
    f.node("n1", "1");
    f.pod("a", "800m");
    f.pod("b", "800m");
    f.run();
    assertThat(times("scheduler_event_handling_duration", "event", "NodeAdd")).isEqualTo(1);
    f.api.remove(Resources.PODS, "default", "a");
    f.run();
    assertThat(times("scheduler_event_handling_duration", "event", "AssignedPodDelete"))
        .isEqualTo(1);
    // The first answer alone: that another pod came does not help.
    assertThat(
            times(
                "scheduler_queueing_hint_execution_duration",
                "plugin",
                "NodeResourcesFit",
                "event",
                "AssignedPodAdd",
                "hint",
                "QueueSkip"))
        .isEqualTo(1);
    for (int i = 0; i < 12; i++) {
      f.pod("more" + i, "1");
      f.run();
    }
    f.node("n2", "8");
    f.run();
    assertThat(times("scheduler_queueing_hint_execution_duration", "hint", "Queue")).isPositive();
  }

  @Test
  void podsThatAreBeingBoundAreSeen() {
    var gauge = f.registry.get("scheduler_goroutines").tag("operation", "binding").gauge();
    assertThat(gauge.value()).isZero();
    f.node("n1", "1");
    f.pod("a", "800m");
    f.run();
    assertThat(gauge.value()).isZero();
  }

  @Test
  void podsThatNoEventHadWokenAreCounted() {
    SchedulerMetrics metrics = new SchedulerMetrics(f.registry, "default-scheduler");
    long nanos = Duration.ofSeconds(1).toNanos();
    metrics.scheduled(1, nanos, false);
    var counter = f.registry.get("scheduler_pod_scheduled_after_flush_total").counter();
    assertThat(counter.count()).isZero();
    metrics.scheduled(2, nanos, true);
    assertThat(counter.count()).isEqualTo(1);
  }
}
