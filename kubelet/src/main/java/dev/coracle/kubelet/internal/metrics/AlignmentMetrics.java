package dev.coracle.kubelet.internal.metrics;

import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The metrics of how many CPUs containers have alone, and of whether what they have is as near to
 * each other as the policies promise. Safe for any thread.
 */
public final class AlignmentMetrics {
  /** What it does not reach beyond. */
  public enum Boundary {
    NUMA_NODE("numa_node"),
    PHYSICAL_CPU("physical_cpu"),
    UNCORE_CACHE("uncore_cache");

    private final String text;

    Boundary(String text) {
      this.text = text;
    }
  }

  private final KubeletMeters meters;
  private final Map<String, AtomicLong> numbers = new ConcurrentHashMap<>();

  AlignmentMetrics(KubeletMeters meters) {
    this.meters = meters;
  }

  /**
   * What was given by a policy that promises this, of which nothing is told before.
   *
   * @param scope {@code container} or {@code pod}
   */
  public void promised(String scope, Boundary boundary) {
    aligned(scope, boundary, 0);
    failed(scope, boundary, 0);
  }

  /** It has been given so. */
  public void aligned(String scope, Boundary boundary) {
    aligned(scope, boundary, 1);
  }

  /** It could not be given so. */
  public void failed(String scope, Boundary boundary) {
    failed(scope, boundary, 1);
  }

  private void aligned(String scope, Boundary boundary, int more) {
    number(
            "kubelet_container_aligned_compute_resources_count",
            "Cumulative number of aligned compute resources allocated to containers by alignment"
                + " type.",
            Tags.of("scope", scope, "boundary", boundary.text))
        .addAndGet(more);
  }

  private void failed(String scope, Boundary boundary, int more) {
    number(
            "kubelet_container_aligned_compute_resources_failure_count",
            "Cumulative number of failures to allocate aligned compute resources to containers by"
                + " alignment type.",
            Tags.of("scope", scope, "boundary", boundary.text))
        .addAndGet(more);
  }

  /**
   * Who has how many CPUs now.
   *
   * @param shared those that can be given to a container alone and are not
   * @param exclusive those that containers have alone, by NUMA nodes
   */
  public void cpus(int shared, Map<Integer, Integer> exclusive) {
    number(
            "kubelet_cpu_manager_shared_pool_size_millicores",
            "The size of the shared CPU pool for non-guaranteed QoS pods, in millicores.",
            Tags.empty())
        .set(shared * 1000L);
    number(
            "kubelet_cpu_manager_exclusive_cpu_allocation_count",
            "The total number of CPUs exclusively allocated to containers running on this node",
            Tags.empty())
        .set(exclusive.values().stream().mapToInt(Integer::intValue).sum());
    exclusive.forEach((node, count) ->
        number(
                "kubelet_cpu_manager_allocation_per_numa",
                "Number of CPUs allocated per NUMA node",
                Tags.of("numa_node", Integer.toString(node)))
            .set(count));
  }

  private AtomicLong number(String name, String help, Tags tags) {
    return numbers.computeIfAbsent(name + tags, _ -> meters.number(name, help, tags));
  }
}
