package dev.coracle.kubelet.internal.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Collections;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;

/**
 * The metrics of how pods come to run and are told of. Made once, so that to record something is to
 * add to a histogram. Safe for any thread.
 */
public final class PodMetrics {
  static final double[] STARTS = {
    0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200,
    1800, 2700, 3600
  };
  private static final Set<String> REFUSALS =
      Set.of(
          "AppArmor",
          "PodOSSelectorNodeLabelDoesNotMatch",
          "PodOSNotSupported",
          "SupplementalGroupsPolicyNotSupported",
          "UnexpectedAdmissionError",
          "OutOfcpu",
          "OutOfmemory",
          "OutOfephemeral-storage",
          "OutOfpods",
          "Evicted",
          "SysctlForbidden",
          "TopologyAffinityError",
          "NodeShutdown",
          "VolumeAttachmentLimitExceeded");

  private static final double[] WRITES = {0.01, 0.05, 0.1, 0.5, 1, 5, 10, 20, 30, 45, 60};

  private static final double[] PULLS = {
    1, 5, 10, 20, 30, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600
  };

  /** Images larger than so many MiB are called so. */
  private static final NavigableMap<Long, String> SIZES = sizes();

  private final KubeletMeters meters;
  private final DistributionSummary containers;
  private final Timer workerStart;
  private final Timer total;
  private final Timer sli;
  private final Timer written;
  private final AtomicLong firstWithNetwork;
  private final Counter orphans;
  private volatile Sweep sweep = new Sweep();

  PodMetrics(KubeletMeters meters) {
    this.meters = meters;
    this.orphans =
        meters.counter(
            "kubelet_orphaned_runtime_pods_total",
            "Number of pods that have been detected in the container runtime without being already"
                + " known to the pod worker. This typically indicates the kubelet was restarted"
                + " while a pod was force deleted in the API or in the local configuration, which"
                + " is unusual.",
            Tags.empty());
    this.containers =
        DistributionSummary.builder("kubelet_containers_per_pod_count")
            .description("The number of containers per pod.")
            .serviceLevelObjectives(1, 2, 4, 8, 16)
            .tag("node", meters.node())
            .register(meters.registry());
    this.workerStart =
        meters.timer(
            "kubelet_pod_worker_start_duration_seconds",
            "Duration in seconds from kubelet seeing a pod to starting a worker.",
            Tags.empty(),
            KubeletMeters.LATENCIES);
    this.total =
        meters.timer(
            "kubelet_pod_start_total_duration_seconds",
            "Duration in seconds to start a pod since creation, including time to pull images and"
                + " run init containers, measured from pod creation timestamp to when all its"
                + " containers are reported as started and observed via watch",
            Tags.empty(),
            STARTS);
    this.sli =
        meters.timer(
            "kubelet_pod_start_sli_duration_seconds",
            "Duration in seconds to start a pod, excluding time to pull images and run init"
                + " containers, measured from pod creation timestamp to when all its containers"
                + " are reported as started and observed via watch",
            Tags.empty(),
            STARTS);
    this.written =
        meters.timer(
            "kubelet_pod_status_sync_duration_seconds",
            "Duration in seconds to sync a pod status update, from the first change that was not"
                + " written yet to the API's answer.",
            Tags.empty(),
            WRITES);
    sweepGauge(
        "kubelet_orphan_pod_cleaned_volumes",
        "The total number of orphaned Pods whose volumes were cleaned in the last periodic sweep.",
        s -> s.pods.get());
    sweepGauge(
        "kubelet_orphan_pod_cleaned_volumes_errors",
        "The number of orphaned Pods whose volumes failed to be cleaned in the last periodic"
            + " sweep.",
        s -> s.errors.get());
    this.firstWithNetwork = new AtomicLong(Double.doubleToLongBits(0));
    Gauge.builder(
            "kubelet_first_network_pod_start_sli_duration_seconds",
            firstWithNetwork,
            bits -> Double.longBitsToDouble(bits.get()))
        .description(
            "Duration in seconds to start the first network pod, excluding time to pull images and"
                + " run init containers")
        .tag("node", meters.node())
        .strongReference(true)
        .register(meters.registry());
  }

  /** A pod that was not known has come. */
  public void came(int containerCount) {
    containers.record(containerCount);
  }

  /** A pod had gone and is there again before it has ended. */
  public void cameBack(boolean isStatic) {
    meters
        .counter(
            "kubelet_restarted_pods_total",
            "Number of pods that have been restarted because they were deleted and recreated with"
                + " the same UID while the kubelet was watching them (common for static pods,"
                + " extremely uncommon for API pods)",
            Tags.of("static", isStatic ? "true" : ""))
        .increment();
  }

  /** Its worker has begun. */
  public void begun(Duration sinceSeen) {
    workerStart.record(sinceSeen);
  }

  /**
   * All of its containers run for the first time.
   *
   * @param sinceCreated since the pod was made
   * @param ofKubelet less what images and init containers took; empty for a pod whose volumes may
   *     take their own time
   * @param network whether it has one of its own
   */
  public void started(Duration sinceCreated, Optional<Duration> ofKubelet, boolean network) {
    total.record(sinceCreated);
    ofKubelet.ifPresent(took -> {
      sli.record(took);
      if (network) {
        firstWithNetwork.compareAndSet(
            Double.doubleToLongBits(0), Double.doubleToLongBits(took.toNanos() / 1e9));
      }
    });
  }

  /** A status is in the API. */
  public void statusWritten(Duration sinceChanged) {
    written.record(sinceChanged);
  }

  /**
   * An image has been pulled.
   *
   * @param bytes its size, 0 where nobody knows it
   * @param took with the time it waited for its turn
   */
  public void imagePulled(long bytes, Duration took) {
    String size = bytes <= 0 ? "N/A" : SIZES.lowerEntry(bytes).getValue();
    meters
        .timer(
            "kubelet_image_pull_duration_seconds",
            "Duration in seconds to pull an image.",
            Tags.of("image_size_in_bytes", size),
            PULLS)
        .record(took);
  }

  /**
   * A container needs an image.
   *
   * @param policy its pull policy
   * @param present whether it is here already: {@code true}, {@code false} or {@code unknown}
   * @param pull whether it has to be pulled, in the same words
   */
  public void imageEnsured(String policy, String present, String pull) {
    meters
        .counter(
            "kubelet_image_manager_ensure_image_requests_total",
            "Number of ensure-image requests processed by the kubelet.",
            Tags.of(
                "pull_policy",
                policy.toLowerCase(Locale.ROOT),
                "present_locally",
                present,
                "pull_required",
                pull))
        .increment();
  }

  /**
   * An image that is here was asked for.
   *
   * @param result whether the pod may have it without its registry being asked
   */
  public void mustPullChecked(String result) {
    meters
        .counter(
            "kubelet_imagemanager_image_mustpull_checks_total",
            "Counter for how many times kubelet checked whether credentials need to be re-verified"
                + " to access an image",
            Tags.of("result", result))
        .increment();
  }

  /** What the last look for remains of pods has come to; told by whoever removes them. */
  public static final class Sweep {
    private final AtomicLong pods = new AtomicLong();
    private final AtomicLong errors = new AtomicLong();

    private Sweep() {}

    /**
     * The files of a pod were to be removed.
     *
     * @param cleaned whether they are
     */
    public void swept(boolean cleaned) {
      pods.incrementAndGet();
      if (!cleaned) {
        errors.incrementAndGet();
      }
    }
  }

  /** It is looked for what is left of pods that are gone. */
  public Sweep sweeping() {
    Sweep next = new Sweep();
    sweep = next;
    return next;
  }

  private void sweepGauge(String name, String help, ToLongFunction<Sweep> count) {
    Gauge.builder(name, this, metrics -> count.applyAsLong(metrics.sweep))
        .description(help)
        .tag("node", meters.node())
        .strongReference(true)
        .register(meters.registry());
  }

  /** The runtime has a pod that this kubelet has never heard of. */
  public void orphaned() {
    orphans.increment();
  }

  /**
   * A pod was not let in.
   *
   * @param reason why; of what is not among those that are known the number is told together
   */
  public void refused(String reason) {
    String known =
        REFUSALS.contains(reason)
            ? reason
            : reason.startsWith("OutOf") ? "OutOfExtendedResources" : "Other";
    meters
        .counter(
            "kubelet_admission_rejections_total",
            "Cumulative number pod admission rejections by the Kubelet.",
            Tags.of("reason", known))
        .increment();
  }

  private static NavigableMap<Long, String> sizes() {
    long mega = 1 << 20;
    long giga = 1 << 30;
    NavigableMap<Long, String> out = new TreeMap<>();
    out.put(0L, "0-10MB");
    out.put(10 * mega, "10MB-100MB");
    out.put(100 * mega, "100MB-500MB");
    out.put(500 * mega, "500MB-1GB");
    out.put(giga, "1GB-5GB");
    out.put(5 * giga, "5GB-10GB");
    out.put(10 * giga, "10GB-20GB");
    out.put(20 * giga, "20GB-30GB");
    out.put(30 * giga, "30GB-40GB");
    out.put(40 * giga, "40GB-60GB");
    out.put(60 * giga, "60GB-100GB");
    out.put(100 * giga, "GT100GB");
    return Collections.unmodifiableNavigableMap(out);
  }
}
