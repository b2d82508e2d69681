package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What is told of the node, and how often.
 *
 * @param check how often its state is looked at, and written when it has changed ({@code
 *     nodeStatusUpdateFrequency})
 * @param report how often it is written all the same ({@code nodeStatusReportFrequency})
 * @param leaseSeconds how long its Lease lasts, which is renewed at a quarter of it
 * @param maxImages how many images it tells, -1 for all
 * @param register whether the kubelet makes the Node where there is none
 * @param taints those that a Node made by the kubelet has
 * @param providerId its {@code spec.providerID}, empty for none
 */
public record NodeObjectOptions(
    Duration check,
    Duration report,
    int leaseSeconds,
    int maxImages,
    boolean register,
    List<Taint> taints,
    String providerId) {

  /** {@code registerWithTaints}. */
  public record Taint(String key, String value, String effect) {
    private static final Pattern NAME =
        Pattern.compile("([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]");
    private static final Pattern PREFIX =
        Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
    private static final Set<String> EFFECTS =
        Set.of("NoSchedule", "PreferNoSchedule", "NoExecute");

    private boolean isValid() {
      int slash = key.indexOf('/');
      String prefix = slash < 0 ? "n" : key.substring(0, slash);
      return PREFIX.matcher(prefix).matches()
          && prefix.length() <= 253
          && NAME.matcher(key.substring(slash + 1)).matches()
          && (value.isEmpty() || NAME.matcher(value).matches())
          && EFFECTS.contains(effect);
    }
  }

  public static final NodeObjectOptions DEFAULT =
      new NodeObjectOptions(
          Duration.ofSeconds(10), Duration.ofMinutes(5), 40, 50, true, List.of(), "");

  public NodeObjectOptions {
    taints = List.copyOf(taints);
  }

  /** How often the Lease is renewed. */
  public Duration heartbeat() {
    return Duration.ofSeconds(leaseSeconds).dividedBy(4);
  }

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static NodeObjectOptions parse(JsonNode document) {
    Duration check = ConfigFields.tick(document, "nodeStatusUpdateFrequency", Duration.ZERO);
    Duration report =
        ConfigFields.period(
            document, "nodeStatusReportFrequency", check.isZero() ? DEFAULT.report : check);
    return new NodeObjectOptions(
        check.isZero() ? DEFAULT.check : check,
        report,
        leaseSeconds(document.path("nodeLeaseDurationSeconds")),
        maxImages(document.path("nodeStatusMaxImages")),
        ConfigFields.flag(document, "registerNode", true),
        taints(document.path("registerWithTaints")),
        document.path("providerID").asText(""));
  }

  private static int leaseSeconds(JsonNode node) {
    if (node.isMissingNode() || node.isInt() && node.intValue() == 0) {
      return DEFAULT.leaseSeconds;
    }
    if (!node.isInt() || node.intValue() < 0) {
      throw ConfigFields.invalid("nodeLeaseDurationSeconds must be greater than 0");
    }
    return node.intValue();
  }

  private static int maxImages(JsonNode node) {
    if (node.isMissingNode()) {
      return DEFAULT.maxImages;
    }
    if (!node.isInt() || node.intValue() < -1) {
      throw ConfigFields.invalid(
          "nodeStatusMaxImages (--node-status-max-images) "
              + node.asText()
              + " must be -1 or greater");
    }
    return node.intValue();
  }

  private static List<Taint> taints(JsonNode list) {
    if (!list.isMissingNode() && !list.isArray()) {
      throw new IllegalArgumentException("registerWithTaints must be a list");
    }
    List<Taint> out = new ArrayList<>();
    for (JsonNode node : list) {
      Taint taint =
          new Taint(
              node.path("key").asText(""),
              node.path("value").asText(""),
              node.path("effect").asText(""));
      if (node.hasNonNull("timeAdded")) {
        throw ConfigFields.invalid("taint.TimeAdded is not nil");
      }
      if (!taint.isValid()) {
        throw ConfigFields.invalid(
            "registerWithTaints: invalid taint: {"
                + String.join(" ", taint.key, taint.value, taint.effect)
                + "}; it needs a key, which is a qualified name, and an effect, which is"
                + " NoSchedule, PreferNoSchedule or NoExecute");
      }
      out.add(taint);
    }
    return out;
  }

  /** As they stand in a Node, and in a KubeletConfiguration. */
  public ArrayNode taintNodes() {
    ArrayNode out = Json.MAPPER.createArrayNode();
    for (Taint taint : taints) {
      var node = out.addObject().put("key", taint.key).put("effect", taint.effect);
      if (!taint.value.isEmpty()) {
        node.put("value", taint.value);
      }
    }
    return out;
  }
}
