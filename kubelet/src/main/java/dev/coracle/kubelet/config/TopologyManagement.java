package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Whether what a container has alone comes from the same NUMA nodes (KEP-693).
 *
 * @param wholePods the scope {@code pod}: all of a pod's containers together; otherwise each
 *     container by itself
 * @param closest {@code prefer-closest-numa-nodes}: of as many nodes those that are near each other
 * @param mostNodes {@code max-allowable-numa-nodes}
 */
public record TopologyManagement(Policy policy, boolean wholePods, boolean closest, int mostNodes) {

  /** What becomes of a pod that cannot have everything from the same nodes. */
  public enum Policy {
    NONE("none"),
    BEST_EFFORT("best-effort"),
    RESTRICTED("restricted"),
    SINGLE_NUMA_NODE("single-numa-node");

    private final String text;

    Policy(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  public static final String CLOSEST = "prefer-closest-numa-nodes";
  public static final String MOST_NODES = "max-allowable-numa-nodes";

  private static final int DEFAULT_MOST = 8;

  /** Every set of nodes is looked at, of which there are 65,535 then. */
  private static final int MOST = 16;

  public static final TopologyManagement NONE =
      new TopologyManagement(Policy.NONE, false, false, DEFAULT_MOST);

  /** The scope's name in a KubeletConfiguration. */
  public String scope() {
    return wholePods ? "pod" : "container";
  }

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static TopologyManagement parse(JsonNode document) {
    boolean closest = false;
    int most = DEFAULT_MOST;
    for (Map.Entry<String, JsonNode> e :
        document.path("topologyManagerPolicyOptions").properties()) {
      String value = e.getValue().asText();
      switch (e.getKey()) {
        case CLOSEST -> closest = bool(value);
        case MOST_NODES -> most = most(value);
        default ->
            throw invalid(
                "topologyManagerPolicyOptions: unknown Topology Manager Policy option: \""
                    + e.getKey()
                    + "\"");
      }
    }
    return new TopologyManagement(
        policy(document.path("topologyManagerPolicy").asText(Policy.NONE.text)),
        scope(document.path("topologyManagerScope").asText("container")),
        closest,
        most);
  }

  private static Policy policy(String name) {
    return Arrays.stream(Policy.values())
        .filter(p -> p.text.equals(name))
        .findFirst()
        .orElseThrow(() ->
            invalid(
                "topologyManagerPolicy: unknown policy: \""
                    + name
                    + "\"; it must be one of "
                    + Arrays.stream(Policy.values())
                        .map(Policy::text)
                        .collect(Collectors.joining(", "))));
  }

  private static boolean scope(String name) {
    return switch (name) {
      case "pod" -> true;
      case "container" -> false;
      default ->
          throw invalid(
              "topologyManagerScope: unknown scope: \"" + name + "\"; it must be container or pod");
    };
  }

  private static boolean bool(String value) {
    if (!value.equals("true") && !value.equals("false")) {
      throw invalid(
          "topologyManagerPolicyOptions: bad value for option \""
              + CLOSEST
              + "\": \""
              + value
              + "\" is neither true nor false");
    }
    return value.equals("true");
  }

  private static int most(String value) {
    int most;
    try {
      most = Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw invalid(
          "topologyManagerPolicyOptions: unable to convert policy option to integer \""
              + MOST_NODES
              + "\": \""
              + value
              + "\"");
    }
    if (most < DEFAULT_MOST) {
      throw invalid(
          "topologyManagerPolicyOptions: the minimum value of \""
              + MOST_NODES
              + "\" should not be less than "
              + DEFAULT_MOST);
    }
    if (most > MOST) {
      throw invalid(
          "topologyManagerPolicyOptions: this kubelet can have no more than "
              + MOST
              + " as \""
              + MOST_NODES
              + "\"");
    }
    return most;
  }

  private static IllegalArgumentException invalid(String why) {
    return new IllegalArgumentException("invalid configuration: " + why);
  }
}
