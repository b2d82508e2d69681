package dev.coracle.kubelet.internal.metrics;

import dev.coracle.kubelet.spi.CriException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;

/**
 * Declares the kubelet's metrics. Times are seconds. Safe for any thread, and for many kubelets:
 * the simulated nodes of a process share one.
 */
public final class KubeletMetrics {
  /** Of calls to the runtime, in seconds: two and a half times the one before. */
  private static final double[] OPERATIONS =
      DoubleStream.iterate(.005, bound -> bound * 2.5).limit(14).toArray();

  private final MeterRegistry registry;
  private final Timer podStart;
  private final Counter pods;
  private final Timer relist;
  private final Timer relistInterval;
  private final Map<String, Timer> operations = new ConcurrentHashMap<>();
  private final Map<String, Counter> operationCounts = new ConcurrentHashMap<>();
  private final Map<String, Counter> operationErrors = new ConcurrentHashMap<>();
  private final Map<String, Timer> workers = new ConcurrentHashMap<>();
  private final Map<String, List<Supplier<Number>>> gauges = new ConcurrentHashMap<>();
  private final String node;
  private final KubeletMeters meters;
  private final ResizeMetrics resizes;
  private final PodMetrics podMetrics;
  private final PluginMetrics plugins;
  private final VolumeOperations volumes;
  private final Map<String, Timer> statsAges = new ConcurrentHashMap<>();
  private final AtomicLong lastRelist;
  private final StartMetrics starts;
  private final HttpMetrics http;

  public KubeletMetrics(MeterRegistry registry, String node) {
    this.registry = registry;
    this.node = node;
    this.meters = new KubeletMeters(registry, node);
    this.resizes = new ResizeMetrics(registry, node);
    this.podMetrics = new PodMetrics(meters);
    this.plugins = new PluginMetrics(meters);
    this.volumes = new VolumeOperations(meters);
    this.http = new HttpMetrics(meters);
    this.lastRelist =
        meters.number(
            "kubelet_pleg_last_seen_seconds",
            "Timestamp in seconds when PLEG was last seen active.",
            Tags.empty());
    this.starts = new StartMetrics(registry, node);
    this.podStart =
        meters.timer(
            "kubelet_pod_start_duration_seconds",
            "Duration from the kubelet seeing a pod for the first time to the pod being running",
            Tags.empty(),
            PodMetrics.STARTS);
    this.relist =
        timer(
            "kubelet_pleg_relist_duration_seconds",
            "Duration for relisting pods in PLEG",
            Tags.empty());
    this.relistInterval =
        timer(
            "kubelet_pleg_relist_interval_seconds",
            "Interval between relisting in PLEG",
            Tags.empty());
    this.pods =
        Counter.builder("kubelet_started_pods_total")
            .description("Cumulative number of pods started")
            .tag("node", node)
            .register(registry);
  }

  private Timer timer(String name, String help, Tags tags) {
    return meters.timer(name, help, tags, KubeletMeters.LATENCIES);
  }

  /** How many there are, asked when scraped; the sum over all kubelets that share these metrics. */
  public void gauge(String name, String help, Supplier<Number> value) {
    gauge(name, help, Tags.empty(), value);
  }

  /** The same with labels. */
  public void gauge(String name, String help, Tags tags, Supplier<Number> value) {
    gauges
        .computeIfAbsent(
            name + tags,
            _ -> {
              List<Supplier<Number>> parts = new CopyOnWriteArrayList<>();
              Gauge.builder(
                      name,
                      parts,
                      all -> all.stream().mapToDouble(p -> p.get().doubleValue()).sum())
                  .description(help)
                  .tags(tags.and("node", node))
                  .strongReference(true)
                  .register(registry);
              return parts;
            })
        .add(value);
  }

  /** Told once, of a real machine. */
  public void cgroupVersion(int version) {
    meters
        .number("kubelet_cgroup_version", "cgroup version on the hosts.", Tags.empty())
        .set(version);
  }

  public ResizeMetrics resizes() {
    return resizes;
  }

  public StartMetrics starts() {
    return starts;
  }

  public PodMetrics pods() {
    return podMetrics;
  }

  public PluginMetrics plugins() {
    return plugins;
  }

  public VolumeOperations volumes() {
    return volumes;
  }

  public HttpMetrics http() {
    return http;
  }

  /**
   * Of one real node, from now on.
   *
   * @param boot when its machine came up
   */
  public StartupMetrics startup(Clock clock, Supplier<Instant> boot) {
    return new StartupMetrics(meters, clock, boot);
  }

  public void podRunning(Duration sinceSeen) {
    podStart.record(sinceSeen);
    pods.increment();
  }

  /**
   * The runtime was listed.
   *
   * @param since how long after the last time
   * @param at when
   */
  public void relisted(Duration took, Duration since, Instant at) {
    lastRelist.set(at.getEpochSecond());
    relist.record(took);
    relistInterval.record(since);
  }

  /**
   * @param signal what ran short
   */
  public void evicted(String signal) {
    counter(
            "kubelet_evictions",
            "Cumulative number of pod evictions by eviction signal",
            Tags.of("eviction_signal", signal))
        .increment();
  }

  /**
   * A pod is to be evicted.
   *
   * @param signal what ran short
   * @param age since that was seen
   */
  public void evicting(String signal, Duration age) {
    statsAges
        .computeIfAbsent(
            signal,
            s ->
                meters.timer(
                    "kubelet_eviction_stats_age_seconds",
                    "Time between when stats are collected, and when pod is evicted based on those"
                        + " stats by eviction signal",
                    Tags.of("eviction_signal", s),
                    KubeletMeters.LATENCIES))
        .record(age);
  }

  /**
   * A pod was ended for a critical one.
   *
   * @param resource what the node had too little of
   */
  public void preempted(String resource) {
    counter(
            "kubelet_preemptions",
            "Cumulative number of pod preemptions by preemption resource",
            Tags.of("preemption_signal", resource))
        .increment();
  }

  /**
   * An image that nobody used was removed.
   *
   * @param reason {@code space} or {@code age}
   */
  public void imageRemoved(String reason) {
    counter(
            "kubelet_image_garbage_collected_total",
            "Total number of images garbage collected by the kubelet, whether through disk usage"
                + " or image age.",
            Tags.of("reason", reason))
        .increment();
  }

  /**
   * Measures the making of a sandbox.
   *
   * @param handler the runtime's, of the pod's RuntimeClass
   */
  public <T> T sandbox(String handler, Supplier<T> call) {
    Tags tags = Tags.of("runtime_handler", handler);
    long begun = System.nanoTime();
    try {
      return call.get();
    } catch (CriException e) {
      counter(
              "kubelet_run_podsandbox_errors_total",
              "Cumulative number of the run_podsandbox operation errors by RuntimeClass.Handler.",
              tags)
          .increment();
      throw e;
    } finally {
      timer(
              "kubelet_run_podsandbox_duration_seconds",
              "Duration in seconds of the run_podsandbox operations by RuntimeClass.Handler",
              tags)
          .record(Duration.ofNanos(System.nanoTime() - begun));
    }
  }

  private Counter counter(String name, String help, Tags tags) {
    return Counter.builder(name).description(help).tags(tags.and("node", node)).register(registry);
  }

  /**
   * A program was asked for credentials of a registry.
   *
   * @param failed it did not end well
   */
  public void credentialsAsked(String plugin, Duration took, boolean failed) {
    DistributionSummary.builder("kubelet_credential_provider_plugin_duration")
        .description("Duration of execution in seconds for credential provider plugin")
        .serviceLevelObjectives(KubeletMeters.LATENCIES)
        .tag("plugin_name", plugin)
        .tag("node", node)
        .register(registry)
        .record(took.toNanos() / 1e9);
    Counter errors =
        Counter.builder("kubelet_credential_provider_plugin_errors")
            .description("Number of errors from credential provider plugin")
            .tag("plugin_name", plugin)
            .tag("node", node)
            .register(registry);
    if (failed) {
      errors.increment();
    }
  }

  /**
   * @param kind create, update, sync, terminate
   */
  public void worked(String kind, Duration took) {
    workers
        .computeIfAbsent(
            kind,
            k ->
                timer(
                    "kubelet_pod_worker_duration_seconds",
                    "Duration to sync a single pod, by operation",
                    Tags.of("operation_type", k)))
        .record(took);
  }

  /** Measures a call to the runtime. */
  public <T> T operation(String type, Supplier<T> call) {
    operationCounts
        .computeIfAbsent(
            type,
            t ->
                Counter.builder("kubelet_runtime_operations_total")
                    .description("Cumulative number of runtime operations by operation type")
                    .tag("operation_type", t)
                    .tag("node", node)
                    .register(registry))
        .increment();
    long begun = System.nanoTime();
    try {
      return call.get();
    } catch (CriException e) {
      operationErrors
          .computeIfAbsent(
              type,
              t ->
                  Counter.builder("kubelet_runtime_operations_errors_total")
                      .description(
                          "Cumulative number of runtime operation errors by operation type")
                      .tag("operation_type", t)
                      .tag("node", node)
                      .register(registry))
          .increment();
      throw e;
    } finally {
      operations
          .computeIfAbsent(
              type,
              t ->
                  meters.timer(
                      "kubelet_runtime_operations_duration_seconds",
                      "Duration of runtime operations by operation type",
                      Tags.of("operation_type", t),
                      OPERATIONS))
          .record(Duration.ofNanos(System.nanoTime() - begun));
    }
  }
}
