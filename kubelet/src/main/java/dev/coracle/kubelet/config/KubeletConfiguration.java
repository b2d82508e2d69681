package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of upstream's {@code kubelet.config.k8s.io/v1beta1} KubeletConfiguration can be chosen here,
 * under its names and with its defaults.
 *
 * @param imageGcHighPercent how full the images' disk is when unused images are removed
 * @param imageGcLowPercent how full it may stay
 * @param userNamespaceIds {@code userNamespaces.idsPerPod}
 * @param staticPodPath a directory of manifests to run without the API
 * @param sysctls which ones pods may set
 * @param pullVerification which images that are here a pod may have without showing that it may
 *     pull them
 * @param numa whether what containers have comes from the same NUMA nodes
 * @param reservations what of the node is not for pods
 * @param cpus which containers have CPUs of their own
 * @param dns which resolver pods are given
 */
public record KubeletConfiguration(
    int maxPods,
    long containerLogMaxSize,
    int containerLogMaxFiles,
    Duration containerLogMonitorInterval,
    int imageGcHighPercent,
    int imageGcLowPercent,
    ShutdownOptions shutdown,
    EvictionOptions eviction,
    int userNamespaceIds,
    Optional<Path> staticPodPath,
    Sysctls sysctls,
    PullVerification pullVerification,
    NumaManagement numa,
    NodeReservations reservations,
    CpuManagement cpus,
    DnsChoice dns) {

  /** The ids of a pod with users of its own come in multiples of this. */
  private static final int ID_UNIT = 65536;

  public static final KubeletConfiguration DEFAULT =
      new KubeletConfiguration(
          110,
          10L << 20,
          5,
          Duration.ofSeconds(10),
          85,
          80,
          ShutdownOptions.NONE,
          EvictionOptions.DEFAULT,
          ID_UNIT,
          Optional.empty(),
          Sysctls.SAFE,
          PullVerification.DEFAULT,
          NumaManagement.NONE,
          NodeReservations.DEFAULT,
          CpuManagement.NONE,
          DnsChoice.CLUSTER);

  private static final Set<String> KNOWN =
      new TreeSet<>(
          List.of(
              "apiVersion",
              "kind",
              "maxPods",
              "containerLogMaxSize",
              "containerLogMaxFiles",
              "containerLogMonitorInterval",
              "imageGCHighThresholdPercent",
              "imageGCLowThresholdPercent",
              "shutdownGracePeriod",
              "shutdownGracePeriodCriticalPods",
              "shutdownGracePeriodByPodPriority",
              "evictionHard",
              "evictionSoft",
              "evictionSoftGracePeriod",
              "evictionPressureTransitionPeriod",
              "evictionMaxPodGracePeriod",
              "evictionMinimumReclaim",
              "mergeDefaultEvictionSettings",
              "userNamespaces",
              "staticPodPath",
              "allowedUnsafeSysctls",
              "imagePullCredentialsVerificationPolicy",
              "preloadedImagesVerificationAllowlist",
              "enforceNodeAllocatable",
              "kubeReserved",
              "kubeReservedCgroup",
              "systemReserved",
              "systemReservedCgroup",
              "reservedSystemCPUs",
              "cpuManagerPolicy",
              "cpuManagerPolicyOptions",
              "cpuManagerReconcilePeriod",
              "memoryManagerPolicy",
              "reservedMemory",
              "topologyManagerPolicyOptions",
              "topologyManagerPolicy",
              "topologyManagerScope",
              "clusterDNS",
              "clusterDomain",
              "resolvConf"));

  static {
    SettledFields.names().forEach(KNOWN::add);
  }

  public KubeletConfiguration withShutdown(ShutdownOptions other) {
    return new KubeletConfiguration(
        maxPods,
        containerLogMaxSize,
        containerLogMaxFiles,
        containerLogMonitorInterval,
        imageGcHighPercent,
        imageGcLowPercent,
        other,
        eviction,
        userNamespaceIds,
        staticPodPath,
        sysctls,
        pullVerification,
        numa,
        reservations,
        cpus,
        dns);
  }

  public KubeletConfiguration withEviction(EvictionOptions other) {
    return new KubeletConfiguration(
        maxPods,
        containerLogMaxSize,
        containerLogMaxFiles,
        containerLogMonitorInterval,
        imageGcHighPercent,
        imageGcLowPercent,
        shutdown,
        other,
        userNamespaceIds,
        staticPodPath,
        sysctls,
        pullVerification,
        numa,
        reservations,
        cpus,
        dns);
  }

  /**
   * @throws IllegalArgumentException that says what is wrong, where it can in upstream's words
   */
  public static KubeletConfiguration parse(JsonNode document) {
    checkKind(document);
    document
        .fieldNames()
        .forEachRemaining(field -> {
          if (!KNOWN.contains(field)) {
            throw new IllegalArgumentException(
                "unknown field \"" + field + "\"; known are " + String.join(", ", KNOWN));
          }
        });
    SettledFields.check(document);
    int high = number(document, "imageGCHighThresholdPercent", DEFAULT.imageGcHighPercent, 100);
    int low = number(document, "imageGCLowThresholdPercent", DEFAULT.imageGcLowPercent, 100);
    if (low >= high) {
      throw new IllegalArgumentException(
          "invalid configuration: imageGCLowThresholdPercent "
              + low
              + " must be less than imageGCHighThresholdPercent "
              + high);
    }
    NodeReservations reservations = NodeReservations.parse(document);
    return new KubeletConfiguration(
        number(document, "maxPods", DEFAULT.maxPods, Integer.MAX_VALUE),
        bytes(document.path("containerLogMaxSize"), DEFAULT.containerLogMaxSize),
        number(document, "containerLogMaxFiles", DEFAULT.containerLogMaxFiles, 10_000),
        monitorInterval(document),
        high,
        low,
        shutdown(document),
        eviction(document),
        idsPerPod(document.path("userNamespaces")),
        staticPodPath(document.path("staticPodPath")),
        Sysctls.allowing(list(document, "allowedUnsafeSysctls")),
        PullVerification.of(
            document.path("imagePullCredentialsVerificationPolicy").asText(""),
            list(document, "preloadedImagesVerificationAllowlist")),
        NumaManagement.parse(document),
        reservations,
        CpuManagement.parse(document, reservations),
        DnsChoice.parse(document));
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

  static List<String> list(JsonNode document, String field) {
    JsonNode node = document.path(field);
    if (!node.isMissingNode() && !node.isArray()) {
      throw new IllegalArgumentException(field + " must be a list");
    }
    List<String> out = new ArrayList<>();
    node.forEach(e -> out.add(e.asText()));
    return out;
  }

  private static Duration monitorInterval(JsonNode document) {
    String field = "containerLogMonitorInterval";
    Duration interval = duration(document, field, DEFAULT.containerLogMonitorInterval);
    if (interval.compareTo(Duration.ofSeconds(3)) < 0) {
      throw new IllegalArgumentException(
          "invalid configuration: containerLogMonitorInterval must be a positive time duration"
              + " greater than or equal to 3s");
    }
    return interval;
  }

  public KubeletConfiguration withContainerLogs(long maxSize, int maxFiles, Duration interval) {
    return new KubeletConfiguration(
        maxPods,
        maxSize,
        maxFiles,
        interval,
        imageGcHighPercent,
        imageGcLowPercent,
        shutdown,
        eviction,
        userNamespaceIds,
        staticPodPath,
        sysctls,
        pullVerification,
        numa,
        reservations,
        cpus,
        dns);
  }

  private static int idsPerPod(JsonNode users) {
    JsonNode ids = users.path("idsPerPod");
    if (ids.isMissingNode()) {
      return DEFAULT.userNamespaceIds;
    }
    if (!ids.isInt() || ids.asInt() < ID_UNIT || ids.asInt() % ID_UNIT != 0) {
      throw new IllegalArgumentException(
          "invalid configuration: userNamespaces.idsPerPod must be a multiple of " + ID_UNIT);
    }
    return ids.asInt();
  }

  private static ShutdownOptions shutdown(JsonNode document) {
    Duration all = duration(document, "shutdownGracePeriod", Duration.ZERO);
    Duration critical = duration(document, "shutdownGracePeriodCriticalPods", Duration.ZERO);
    if (critical.compareTo(all) > 0) {
      throw new IllegalArgumentException(
          "invalid configuration: shutdownGracePeriodCriticalPods must be <= shutdownGracePeriod");
    }
    for (Duration d : List.of(all, critical)) {
      if (!d.isZero() && d.compareTo(Duration.ofSeconds(1)) < 0) {
        throw new IllegalArgumentException(
            "invalid configuration: shutdownGracePeriod must be either zero or otherwise >= 1 sec");
      }
    }
    List<ShutdownOptions.Group> groups = new ArrayList<>();
    for (JsonNode group : document.path("shutdownGracePeriodByPodPriority")) {
      int seconds = number(group, "shutdownGracePeriodSeconds", 0, Integer.MAX_VALUE);
      groups.add(
          new ShutdownOptions.Group(group.path("priority").asInt(), Duration.ofSeconds(seconds)));
    }
    if (!groups.isEmpty() && !all.isZero()) {
      throw new IllegalArgumentException(
          "invalid configuration: Cannot specify both shutdownGracePeriodByPodPriority and"
              + " shutdownGracePeriod at the same time");
    }
    return groups.isEmpty() ? ShutdownOptions.of(all, critical) : new ShutdownOptions(groups);
  }

  /** Whoever names one hard threshold has no others, unless they are merged. */
  private static EvictionOptions eviction(JsonNode document) {
    Map<String, String> hard = new LinkedHashMap<>(texts(document.path("evictionHard")));
    boolean merge = document.path("mergeDefaultEvictionSettings").asBoolean();
    if (hard.isEmpty() || merge) {
      EvictionOptions.HARD.forEach(hard::putIfAbsent);
    }
    Map<String, Duration> grace = new LinkedHashMap<>();
    texts(document.path("evictionSoftGracePeriod"))
        .forEach((signal, text) -> grace.put(signal, GoDurations.parse(text)));
    return EvictionOptions.of(
        hard,
        texts(document.path("evictionSoft")),
        grace,
        texts(document.path("evictionMinimumReclaim")),
        transition(document),
        number(document, "evictionMaxPodGracePeriod", 0, Integer.MAX_VALUE));
  }

  /** Zero is what tools write for nothing. */
  private static Duration transition(JsonNode document) {
    Duration chosen = duration(document, "evictionPressureTransitionPeriod", Duration.ZERO);
    return chosen.isZero() ? EvictionOptions.TRANSITION : chosen;
  }

  private static Map<String, String> texts(JsonNode mapping) {
    Map<String, String> out = new LinkedHashMap<>();
    mapping.properties().forEach(e -> out.put(e.getKey(), e.getValue().asText()));
    return out;
  }

  private static Duration duration(JsonNode document, String field, Duration otherwise) {
    JsonNode node = document.path(field);
    if (node.isMissingNode()) {
      return otherwise;
    }
    Duration parsed = GoDurations.parse(node.asText());
    if (parsed.isNegative()) {
      throw new IllegalArgumentException(field + " must not be negative");
    }
    return parsed;
  }

  private static int number(JsonNode document, String field, int otherwise, int most) {
    JsonNode node = document.path(field);
    if (node.isMissingNode()) {
      return otherwise;
    }
    if (!node.isInt() || node.asInt() < 0 || node.asInt() > most) {
      throw new IllegalArgumentException(field + " must be a number from 0 to " + most);
    }
    return node.asInt();
  }

  private static long bytes(JsonNode node, long otherwise) {
    if (node.isMissingNode()) {
      return otherwise;
    }
    Quantity quantity = Quantity.tryParse(node.asText());
    if (quantity == null || quantity.signum() <= 0) {
      throw new IllegalArgumentException("containerLogMaxSize is no size: " + node.asText());
    }
    return quantity.longValue();
  }
}
