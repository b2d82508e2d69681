package dev.coracle.kubelet.internal.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The metrics of what containers get alone (devices, CPUs, memory, all of them near each other),
 * and of who asks about it. Safe for any thread.
 */
public final class PluginMetrics {
  /** The calls of PodResources (KEP-606), v1. */
  public enum Call {
    LIST("list", "List"),
    GET("get", "Get"),
    GET_ALLOCATABLE("get_allocatable", "GetAllocatableResources");

    private final String name;
    private final String method;

    Call(String name, String method) {
      this.name = name;
      this.method = method;
    }
  }

  private static final Tags V1 = Tags.of("server_api_version", "v1");

  private final KubeletMeters meters;
  private final Map<String, Timer> allocations = new ConcurrentHashMap<>();
  private final Counter asked;
  private final AtomicLong[] calls = new AtomicLong[Call.values().length];
  private final AtomicLong[] errors = new AtomicLong[Call.values().length];
  private final AlignmentMetrics alignment;
  private final Counter pinned;
  private final Counter pinningErrors;
  private final Counter memoryPinned;
  private final Counter memoryPinningErrors;
  private final Counter topologyRequests;
  private final Counter topologyErrors;
  private final DistributionSummary topology;

  PluginMetrics(KubeletMeters meters) {
    this.meters = meters;
    this.alignment = new AlignmentMetrics(meters);
    this.asked =
        meters.counter(
            "kubelet_pod_resources_endpoint_requests_total",
            "Cumulative number of requests to the PodResource endpoint. Broken down by server api"
                + " version.",
            V1);
    for (Call call : Call.values()) {
      calls[call.ordinal()] =
          meters.number(
              "kubelet_pod_resources_endpoint_requests_" + call.name,
              "Number of requests to the PodResource "
                  + call.method
                  + " endpoint. Broken down by server api version.",
              V1);
      errors[call.ordinal()] =
          meters.number(
              "kubelet_pod_resources_endpoint_errors_" + call.name,
              "Number of requests to the PodResource "
                  + call.method
                  + " endpoint which returned error. Broken down by server api version.",
              V1);
    }
    this.pinned =
        meters.counter(
            "kubelet_cpu_manager_pinning_requests_total",
            "The number of cpu core allocations which required pinning.",
            Tags.empty());
    this.pinningErrors =
        meters.counter(
            "kubelet_cpu_manager_pinning_errors_total",
            "The number of cpu core allocations which required pinning failed.",
            Tags.empty());
    this.memoryPinned =
        meters.counter(
            "kubelet_memory_manager_pinning_requests_total",
            "The number of memory pages allocations which required pinning.",
            Tags.empty());
    this.memoryPinningErrors =
        meters.counter(
            "kubelet_memory_manager_pinning_errors_total",
            "The number of memory pages allocations which required pinning that failed.",
            Tags.empty());
    this.topologyRequests =
        meters.counter(
            "kubelet_topology_manager_admission_requests_total",
            "The number of admission requests where resources have to be aligned.",
            Tags.empty());
    this.topologyErrors =
        meters.counter(
            "kubelet_topology_manager_admission_errors_total",
            "The number of admission request failures where resources could not be aligned.",
            Tags.empty());
    this.topology =
        DistributionSummary.builder("kubelet_topology_manager_admission_duration_ms")
            .description("Duration in milliseconds to serve a pod admission request.")
            .serviceLevelObjectives(1, 5, 25, 100, 250, 1000, 5000, 30_000)
            .tag("node", meters.node())
            .register(meters.registry());
  }

  public AlignmentMetrics alignment() {
    return alignment;
  }

  /**
   * A storage driver has answered.
   *
   * @param method {@code /csi.v1.Node/NodePublishVolume}
   * @param code {@code OK}, or why it could not
   */
  public void csi(String driver, String method, String code, Duration took) {
    meters
        .timer(
            "csi_operations_seconds",
            "Container Storage Interface operation duration with gRPC error code status total",
            Tags.of(
                "driver_name",
                driver,
                "method_name",
                method,
                "grpc_status_code",
                code,
                "migrated",
                "false"),
            VolumeOperations.BOUNDS)
        .record(took);
  }

  /** A device plugin has asked to be taken for the devices of a resource. */
  public void registered(String resource) {
    meters
        .counter(
            "kubelet_device_plugin_registration_total",
            "Cumulative number of device plugin registrations. Broken down by resource name.",
            Tags.of("resource_name", resource))
        .increment();
  }

  /** Asks a device plugin for devices, and measures it, whatever comes of it. */
  public <T> T allocating(String resource, Supplier<T> call) {
    Timer timer =
        allocations.computeIfAbsent(
            resource,
            r ->
                meters.timer(
                    "kubelet_device_plugin_alloc_duration_seconds",
                    "Duration in seconds to serve a device plugin Allocation request. Broken down"
                        + " by resource name.",
                    Tags.of("resource_name", r),
                    KubeletMeters.LATENCIES));
    long begun = System.nanoTime();
    try {
      return call.get();
    } finally {
      timer.record(Duration.ofNanos(System.nanoTime() - begun));
    }
  }

  /** Somebody asks who holds what. */
  public void asked(Call call) {
    asked.increment();
    calls[call.ordinal()].incrementAndGet();
  }

  /** There was no answer to it. */
  public void unanswered(Call call) {
    errors[call.ordinal()].incrementAndGet();
  }

  /**
   * CPUs were looked for, for a container alone.
   *
   * @param refused there are not as many
   */
  public void cpusPinned(boolean refused) {
    pinned.increment();
    if (refused) {
      pinningErrors.increment();
    }
  }

  /**
   * A pod's CPUs and devices were looked for on NUMA nodes.
   *
   * @param refused they are not as near to each other as they have to be
   */
  public void topologyDecided(boolean refused, Duration took) {
    topologyRequests.increment();
    if (refused) {
      topologyErrors.increment();
    }
    topology.record(took.toNanos() / 1e6);
  }

  /**
   * Memory of NUMA nodes was looked for, for a container alone.
   *
   * @param refused there is not as much
   */
  public void memoryPinned(boolean refused) {
    memoryPinned.increment();
    if (refused) {
      memoryPinningErrors.increment();
    }
  }
}
