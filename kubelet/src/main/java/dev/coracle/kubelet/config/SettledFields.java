package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Fields of a KubeletConfiguration that cannot be chosen here. Files that tools write have them all
 * the same, so they may say what is so anyway, or what stands for the default; anything else is
 * refused, since it would not be done.
 */
final class SettledFields {

  private record Field(Predicate<JsonNode> agrees, String what) {}

  private static final Map<String, Field> ALL = new TreeMap<>();

  static {
    Field unset = new Field(SettledFields::isUnset, "only the default can be had here");
    for (String field :
        new String[] {
          "containerRuntimeEndpoint",
          "crashLoopBackOff",
          "fileCheckFrequency",
          "httpCheckFrequency",
          "imageMaximumGCAge",
          "imageMinimumGCAge",
          "logging",
          "nodeStatusReportFrequency",
          "nodeStatusUpdateFrequency",
          "runtimeRequestTimeout",
          "streamingConnectionIdleTimeout",
          "syncFrequency",
          "volumeStatsAggPeriod"
        }) {
      ALL.put(field, unset);
    }
    ALL.put(
        "authentication",
        new Field(
            node ->
                has(node, "anonymous", "webhook", "x509")
                    && has(node.path("anonymous"), "enabled")
                    && has(node.path("webhook"), "enabled", "cacheTTL")
                    && !node.path("anonymous").path("enabled").asBoolean(false)
                    && node.path("webhook").path("enabled").asBoolean(true)
                    && isUnset(node.path("webhook").path("cacheTTL"))
                    && isUnset(node.path("x509")),
            "nobody is anonymous, tokens are reviewed by the API server, and client certificates"
                + " are those of the cluster's authority (leave x509 out)"));
    ALL.put(
        "authorization",
        new Field(
            node ->
                has(node, "mode", "webhook")
                    && node.path("mode").asText("Webhook").equals("Webhook")
                    && isUnset(node.path("webhook")),
            "the mode is Webhook"));
    ALL.put(
        "cgroupDriver",
        new Field(
            node -> node.asText().equals("systemd") || node.asText().equals("cgroupfs"),
            "it is systemd or cgroupfs, and the runtime says which (KEP-4033)"));
    ALL.put(
        "failSwapOn",
        new Field(
            node -> !node.asBoolean() || !isSwapOn(),
            "running with swap on is not supported, please disable swap or set failSwapOn to"
                + " false"));
    ALL.put(
        "memorySwap",
        new Field(
            node ->
                has(node, "swapBehavior")
                    && (isUnset(node)
                        || node.path("swapBehavior").asText().equals("NoSwap") && !isSwapOn()),
            "swapBehavior is NoSwap, and on a node with swap only containers with a memory limit"
                + " are held to it"));
    ALL.put(
        "rotateCertificates",
        new Field(node -> node.asBoolean(false), "certificates are always rotated"));
  }

  private SettledFields() {}

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
        throw new IllegalArgumentException("invalid configuration: " + name + ": " + field.what);
      }
    });
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

  private static boolean isSwapOn() {
    try {
      return Files.readAllLines(Path.of("/proc/swaps")).size() > 1;
    } catch (IOException e) {
      return false;
    }
  }
}
