package dev.coracle.benchmarks.node;

import dev.coracle.benchmarks.cluster.PodTimes;
import java.util.Set;

/** How long the kubelet waited for the calls that start a pod, by its own metrics. */
final class RuntimeCalls {
  private static final String SUM = "kubelet_runtime_operations_duration_seconds_sum{";
  private static final Set<String> STARTING =
      Set.of("run_podsandbox", "create_container", "start_container");

  private RuntimeCalls() {}

  /** All of them since the cluster began. */
  static double seconds(PodTimes times) {
    return times
        .kubeletMetrics()
        .lines()
        .filter(line -> line.startsWith(SUM))
        .filter(line -> STARTING.stream().anyMatch(o -> line.contains('"' + o + '"')))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
