package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GoDuration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Fields of a KubeletConfiguration that cannot be chosen here. Files that tools write have them all
 * the same, so they may say what is so anyway, or upstream's default; anything else is refused,
 * since it would not be done.
 */
final class SettledFields {

  private record Field(Predicate<JsonNode> agrees, String what) {}

  private static final Map<String, Field> ALL = new TreeMap<>();

  static {
    periods();
    serving();
    limits();
    ofUpstreamsOwn();
  }

  /** What is heard of at once here, and looked for now and then by upstream. */
  private static void periods() {
    settled("fileCheckFrequency", "manifests are watched; leave it out", "20s");
    settled("volumeStatsAggPeriod", "volumes are measured each minute; leave it out", "1m");
    settled("cpuManagerReconcilePeriod", "CPUs are given at once; leave it out", "10s");
    settled("podHousekeepingPeriod", "pods are looked after at once; leave it out", "2s");
    settled("draManagerReconcilePeriod", "claims are looked after at once; leave it out", "1m");
  }

  private static void serving() {
    ALL.put(
        "authentication",
        new Field(
            node -> {
              JsonNode webhook = node.path("webhook");
              return has(webhook, "enabled", "cacheTTL")
                  && webhook.path("enabled").asBoolean(true)
                  && says(webhook.path("cacheTTL"), "2m");
            },
            "tokens are reviewed by the API server, and remembered for 2m (leave webhook out)"));
    ALL.put(
        "authorization",
        new Field(
            node ->
                has(node, "mode", "webhook")
                    && says(node.path("mode"), "Webhook")
                    && has(node.path("webhook"), "cacheAuthorizedTTL", "cacheUnauthorizedTTL")
                    && says(node.path("webhook").path("cacheAuthorizedTTL"), "5m")
                    && says(node.path("webhook").path("cacheUnauthorizedTTL"), "30s"),
            "the mode is Webhook, with answers remembered for 5m, or 30s where they are no"));
    ALL.put(
        "rotateCertificates",
        new Field(node -> node.asBoolean(false), "certificates are always rotated"));
    settled("enableServer", "the API server reaches the node by it; leave it out", true);
    settled("readOnlyPort", "nothing is served without authentication; leave it out");
    settled("serverTLSBootstrap", "the node asks for its certificate anyway", true, false);
    settled("tlsCurvePreferences", "those of the Java platform are offered; leave it out");
    settled("enableContentionProfiling", "there are no profiles of Go's; leave it out");
    settled("enableProfilingHandler", "there are no profiles of Go's", true, false);
    settled("enableDebugFlagsHandler", "there are no flags of Go's to set", true, false);
    ALL.put(
        "logging",
        new Field(
            node -> {
              JsonNode format = node.path("format");
              return says(format, "text")
                  && says(node.path("verbosity"), 0)
                  && isUnset(node.path("vmodule"));
            },
            "logs are text, and as detailed as they are; leave it out"));
  }

  private static void limits() {
    ALL.put(
        "cgroupDriver",
        new Field(
            node -> says(node, "systemd", "cgroupfs"),
            "it is systemd or cgroupfs, and the runtime says which (KEP-4033)"));
    settled("cgroupsPerQOS", "pods' cgroups are by their class; leave it out", true);
    settled("kubeletCgroups", "the process stays where it was started; leave it out");
    settled("systemCgroups", "processes stay where they were started; leave it out");
    settled("qosReserved", "no memory is kept from other classes; leave it out");
    settled("memoryThrottlingFactor", "no memory.high is set (KEP-2570)", 0.9);
    settled("memoryReservationPolicy", "no memory.min is set (KEP-2570)", "None");
    ALL.put(
        "failCgroupV1",
        new Field(
            node -> !node.asBoolean() || !isCgroupV1(),
            "kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is"
                + " unsupported and will be removed in a future release"));
    ALL.put(
        "failSwapOn",
        new Field(
            node -> !node.asBoolean() || !isSwapOn(),
            "running with swap on is not supported, please disable swap or set failSwapOn to"
                + " false"));
    ALL.put(
        "containerLogMaxWorkers", // The most there may be; they are rotated one after the other.
        new Field(
            node -> isUnset(node) || node.isInt() && node.intValue() >= 1,
            "must be greater than or equal to 1"));
    settled("localStorageCapacityIsolation", "local storage is always counted", true);
    settled("kernelMemcgNotification", "memory is looked at every ten seconds; leave it out");
  }

  /** What concerns things that only upstream's kubelet has, or has had. */
  private static void ofUpstreamsOwn() {
    settled("runOnce", "Runonce mode has been deprecated and should not be set");
    settled("podCIDR", "the control plane gives the node its range; leave it out");
    settled(
        "contentType", "it speaks JSON", "application/vnd.kubernetes.protobuf", "application/json");
    settled("configMapAndSecretChangeDetectionStrategy", "they are watched", "Watch");
    settled("enableControllerAttachDetach", "the controller attaches volumes", true);
    settled("protectKernelDefaults", "the kernel's settings stay as they are", true, false);
    settled("makeIPTablesUtilChains", "no chains are made", true, false);
    settled("showHiddenMetricsForVersion", "no metrics are hidden; leave it out");
    settled(
        "volumePluginDir",
        "there are no FlexVolumes; leave it out",
        "/usr/libexec/kubernetes/kubelet-plugins/volume/exec/");
    ALL.put(
        "hairpinMode",
        new Field(
            node -> says(node, "promiscuous-bridge", "hairpin-veth", "none"),
            "Valid options are \"none\", \"hairpin-veth\" or \"promiscuous-bridge\" (which the"
                + " network decides, here and upstream)"));
    for (String bit : new String[] {"iptablesMasqueradeBit", "iptablesDropBit"}) {
      ALL.put(
          bit,
          new Field(
              node -> node.isInt() && node.intValue() >= 0 && node.intValue() <= 31,
              "must be between 0 and 31, inclusive (it has no effect, here and upstream)"));
    }
  }

  private SettledFields() {}

  /**
   * @param values what may be said beside nothing, as upstream's defaults may
   */
  private static void settled(String field, String what, Object... values) {
    ALL.put(field, new Field(node -> says(node, values), what));
  }

  static Iterable<String> names() {
    return ALL.keySet();
  }

  /**
   * @throws IllegalArgumentException of the first that asks for something else
   */
  static void check(JsonNode document) {
    ALL.forEach((name, field) -> {
      JsonNode node = document.path(name);
      if (!node.isMissingNode() && !field.agrees.test(node)) {
        throw ConfigFields.invalid(name + ": " + field.what);
      }
    });
    if (document.path("protectKernelDefaults").asBoolean()) {
      KernelDefaults.problem(Path.of("/proc/sys"))
          .ifPresent(why -> {
            throw ConfigFields.invalid("protectKernelDefaults: " + why);
          });
    }
  }

  /** Whether it says one of the values, or nothing. */
  private static boolean says(JsonNode node, Object... values) {
    boolean equal = Arrays.stream(values).anyMatch(value -> isEqual(node, value));
    boolean isSwitch =
        node.isBoolean() && Arrays.stream(values).anyMatch(Boolean.class::isInstance);
    return equal || !isSwitch && isUnset(node);
  }

  private static boolean isEqual(JsonNode node, Object value) {
    return switch (value) {
      case Boolean b -> node.isBoolean() && node.booleanValue() == b;
      case Number n -> node.isNumber() && node.doubleValue() == n.doubleValue();
      default -> node.isTextual() && isEqual(node.textValue(), value.toString());
    };
  }

  /** {@code 2m} and {@code 2m0s} are the same. */
  private static boolean isEqual(String said, String value) {
    if (said.equals(value)) {
      return true;
    }
    try {
      return GoDuration.parse(said).equals(GoDuration.parse(value));
    } catch (IllegalArgumentException e) {
      return false; // They are no durations.
    }
  }

  /** Whether it is an object, or nothing, that has no other fields. */
  private static boolean has(JsonNode node, String... fields) {
    Set<String> known = Set.of(fields);
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!known.contains(field.getKey())) {
        return false;
      }
    }
    return node.isObject() || node.isMissingNode() || node.isNull();
  }

  /** As tools write what they leave open: nothing, zero, or an object of such. */
  private static boolean isUnset(JsonNode node) {
    if (node.isContainerNode()) {
      for (JsonNode part : node) {
        if (!isUnset(part)) {
          return false;
        }
      }
      return true;
    }
    return node.isMissingNode()
        || node.isNull()
        || node.isNumber() && node.asDouble() == 0
        || node.isBoolean() && !node.asBoolean()
        || node.isTextual() && node.asText().matches("|0|0s");
  }

  static boolean isCgroupV1() {
    try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mounts"))) {
      return mounts.map(line -> line.split(" ")).anyMatch(f -> f.length > 3 && isCgroupV1(f));
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  /** Version 1 counts something there; its names alone, as systemd has them, are none. */
  private static boolean isCgroupV1(String[] mount) {
    return mount[2].equals("cgroup") && !mount[3].contains("name=");
  }

  private static boolean isSwapOn() {
    try {
      return Files.readAllLines(Path.of("/proc/swaps")).size() > 1;
    } catch (IOException e) {
      return false;
    }
  }
}
