package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.tracing.TracingConfiguration;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of upstream's {@code kubelet.config.k8s.io/v1beta1} KubeletConfiguration can be chosen here,
 * under its names and with its defaults, by what it is about; each part reads its own fields. What
 * cannot be chosen is {@link SettledFields}.
 *
 * @param pods how many there may be, and what holds for each
 * @param cgroups what pods are held to
 * @param logs of containers
 * @param images pulling and removing them
 * @param node what is told of the node, and how often
 * @param events how many are told
 * @param requests how many go to the API server
 * @param process what the kernel is told of the kubelet's own
 * @param serving the kubelet's API
 * @param runtimeTimeout {@code runtimeRequestTimeout}: how long the runtime may take to answer
 * @param shutdown the end of the node
 * @param eviction what is done when the node runs short
 * @param reservations what of the node is not for pods
 * @param cpus which containers have CPUs of their own
 * @param numa whether what containers have comes from the same NUMA nodes
 * @param dns which resolver pods are given
 * @param staticPodPath a directory of manifests to run without the API, or one manifest
 * @param staticPodUrl where a web server has such manifests
 * @param tracing where spans are sent; empty: there are none
 * @param gates what was said of feature gates
 * @param places what was said of where things are
 */
public record KubeletConfiguration(
    PodOptions pods,
    CgroupOptions cgroups,
    ContainerLogOptions logs,
    ImageOptions images,
    NodeObjectOptions node,
    EventRate events,
    RequestRate requests,
    ProcessOptions process,
    ServingOptions serving,
    Duration runtimeTimeout,
    ShutdownOptions shutdown,
    EvictionOptions eviction,
    NodeReservations reservations,
    CpuManagement cpus,
    NumaManagement numa,
    DnsChoice dns,
    Optional<Path> staticPodPath,
    Optional<StaticPodUrl> staticPodUrl,
    Optional<TracingConfiguration> tracing,
    FeatureGates gates,
    OwnPlaces places) {

  public static final KubeletConfiguration DEFAULT =
      new KubeletConfiguration(
          PodOptions.DEFAULT,
          CgroupOptions.DEFAULT,
          ContainerLogOptions.DEFAULT,
          ImageOptions.DEFAULT,
          NodeObjectOptions.DEFAULT,
          EventRate.DEFAULT,
          RequestRate.NONE,
          ProcessOptions.NONE,
          ServingOptions.DEFAULT,
          Duration.ofMinutes(2),
          ShutdownOptions.NONE,
          EvictionOptions.DEFAULT,
          NodeReservations.DEFAULT,
          CpuManagement.NONE,
          NumaManagement.NONE,
          DnsChoice.CLUSTER,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          FeatureGates.NONE,
          OwnPlaces.NONE);

  private static final Set<String> KNOWN =
      new TreeSet<>(
          List.of(
              "apiVersion",
              "kind",
              // PodOptions
              "maxPods",
              "podsPerCore",
              "userNamespaces",
              "crashLoopBackOff",
              "syncFrequency",
              "seccompDefault",
              "allowedUnsafeSysctls",
              // CgroupOptions
              "cgroupRoot",
              "podPidsLimit",
              "cpuCFSQuota",
              "cpuCFSQuotaPeriod",
              "memorySwap",
              "singleProcessOOMKill",
              // ContainerLogOptions
              "containerLogMaxSize",
              "containerLogMaxFiles",
              "containerLogMonitorInterval",
              // ImageOptions
              "serializeImagePulls",
              "maxParallelImagePulls",
              "registryPullQPS",
              "registryBurst",
              "imageGCHighThresholdPercent",
              "imageGCLowThresholdPercent",
              "imageMinimumGCAge",
              "imageMaximumGCAge",
              "imagePullCredentialsVerificationPolicy",
              "preloadedImagesVerificationAllowlist",
              // NodeObjectOptions
              "nodeStatusUpdateFrequency",
              "nodeStatusReportFrequency",
              "nodeStatusMaxImages",
              "nodeLeaseDurationSeconds",
              "registerNode",
              "registerWithTaints",
              "providerID",
              // EventRate
              "eventRecordQPS",
              "eventBurst",
              // RequestRate
              "kubeAPIQPS",
              "kubeAPIBurst",
              // ProcessOptions
              "oomScoreAdj",
              "maxOpenFiles",
              // ServingOptions
              "port",
              "authentication",
              "tlsMinVersion",
              "tlsCipherSuites",
              "streamingConnectionIdleTimeout",
              "enableDebuggingHandlers",
              "enableSystemLogHandler",
              "enableSystemLogQuery",
              "healthzPort",
              "healthzBindAddress",
              // ShutdownOptions
              "shutdownGracePeriod",
              "shutdownGracePeriodCriticalPods",
              "shutdownGracePeriodByPodPriority",
              // EvictionOptions
              "evictionHard",
              "evictionSoft",
              "evictionSoftGracePeriod",
              "evictionPressureTransitionPeriod",
              "evictionMaxPodGracePeriod",
              "evictionMinimumReclaim",
              "mergeDefaultEvictionSettings",
              // NodeReservations
              "enforceNodeAllocatable",
              "kubeReserved",
              "kubeReservedCgroup",
              "systemReserved",
              "systemReservedCgroup",
              "reservedSystemCPUs",
              // CpuManagement, MemoryManagement, TopologyManagement
              "cpuManagerPolicy",
              "cpuManagerPolicyOptions",
              "memoryManagerPolicy",
              "reservedMemory",
              "topologyManagerPolicyOptions",
              "topologyManagerPolicy",
              "topologyManagerScope",
              // DnsChoice
              "clusterDNS",
              "clusterDomain",
              "resolvConf",
              // read here
              "runtimeRequestTimeout",
              "staticPodPath",
              // StaticPodUrl
              "staticPodURL",
              "staticPodURLHeader",
              "httpCheckFrequency",
              // TracingFields
              "tracing",
              "featureGates"));

  static {
    SettledFields.names().forEach(KNOWN::add);
    KNOWN.addAll(OwnPlaces.names());
  }

  /**
   * @throws IllegalArgumentException that says what is wrong, where it can in upstream's words
   */
  public static KubeletConfiguration parse(JsonNode written) {
    checkKind(written);
    JsonNode document = ConfigFields.said(written);
    document
        .fieldNames()
        .forEachRemaining(field -> {
          if (!KNOWN.contains(field)) {
            throw new IllegalArgumentException(
                "unknown field \"" + field + "\"; known are " + String.join(", ", KNOWN));
          }
        });
    FeatureGates gates = FeatureGates.parse(document);
    ServingOptions serving = ServingOptions.parse(document);
    SettledFields.check(document);
    NodeReservations reservations = NodeReservations.parse(document);
    return new KubeletConfiguration(
        PodOptions.parse(document, gates),
        CgroupOptions.parse(document, gates),
        ContainerLogOptions.parse(document),
        ImageOptions.parse(document),
        NodeObjectOptions.parse(document),
        EventRate.parse(document),
        RequestRate.parse(document),
        ProcessOptions.parse(document),
        serving,
        ConfigFields.period(document, "runtimeRequestTimeout", DEFAULT.runtimeTimeout),
        ShutdownOptions.parse(document),
        EvictionOptions.parse(document),
        reservations,
        CpuManagement.parse(document, reservations),
        NumaManagement.parse(document),
        DnsChoice.parse(document),
        staticPodPath(document.path("staticPodPath")),
        StaticPodUrl.parse(document),
        TracingFields.parse(document.path("tracing")),
        gates,
        OwnPlaces.parse(document));
  }

  /**
   * @throws IllegalArgumentException the document is of another kind
   */
  public static void checkKind(JsonNode document) {
    if (!document.isObject()
        || !document.path("kind").asText().equals("KubeletConfiguration")
        || !document.path("apiVersion").asText().equals("kubelet.config.k8s.io/v1beta1")) {
      throw new IllegalArgumentException(
          "it is no KubeletConfiguration of kubelet.config.k8s.io/v1beta1");
    }
  }

  private static Optional<Path> staticPodPath(JsonNode node) {
    if (node.asText("").isEmpty()) {
      return Optional.empty();
    }
    try {
      Path path = Path.of(node.asText());
      if (!path.isAbsolute()) {
        throw new IllegalArgumentException("staticPodPath must be an absolute path: " + path);
      }
      return Optional.of(path);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("staticPodPath is no path: " + e.getMessage(), e);
    }
  }

  public KubeletConfiguration withShutdown(ShutdownOptions other) {
    return with(logs, images, other, eviction);
  }

  public KubeletConfiguration withEviction(EvictionOptions other) {
    return with(logs, images, shutdown, other);
  }

  public KubeletConfiguration withContainerLogs(ContainerLogOptions other) {
    return with(other, images, shutdown, eviction);
  }

  public KubeletConfiguration withImages(ImageOptions other) {
    return with(logs, other, shutdown, eviction);
  }

  private KubeletConfiguration with(
      ContainerLogOptions newLogs,
      ImageOptions newImages,
      ShutdownOptions newShutdown,
      EvictionOptions newEviction) {
    return new KubeletConfiguration(
        pods,
        cgroups,
        newLogs,
        newImages,
        node,
        events,
        requests,
        process,
        serving,
        runtimeTimeout,
        newShutdown,
        newEviction,
        reservations,
        cpus,
        numa,
        dns,
        staticPodPath,
        staticPodUrl,
        tracing,
        gates,
        places);
  }
}
