package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What a node may declare in {@code status.declaredFeatures} (KEP-5328), and which Pods need it: to
 * be put there, or to be changed there. In the order of their names.
 */
public enum NodeFeature {
  /** The kubelet speaks WebSockets with clients itself. No Pod needs it. */
  EXTEND_WEB_SOCKETS("ExtendWebSocketsToKubelet"),
  RESIZE_OF_PODS("InPlacePodLevelResourcesVerticalScaling") {
    @Override
    boolean neededToChange(JsonNode before, JsonNode now) {
      return !resources(before).equals(resources(now));
    }
  },
  RESIZE_OF_INIT_CONTAINERS("InPlacePodVerticalScalingInitContainers") {
    @Override
    boolean neededToChange(JsonNode before, JsonNode now) {
      JsonNode old = before.path("initContainers");
      for (int i = 0; i < old.size(); i++) {
        if (!old.get(i).path("restartPolicy").asText("").equals("Always")
            && !resources(old.get(i)).equals(resources(now.path("initContainers").path(i)))) {
          return true;
        }
      }
      return false;
    }
  },
  RESTART_OF_ALL_CONTAINERS("RestartAllContainersOnContainerExits") {
    @Override
    boolean neededToRun(JsonNode spec) {
      return restartsAll(spec.path("containers")) || restartsAll(spec.path("initContainers"));
    }
  },
  USERS_ON_THE_HOSTS_NETWORK("UserNamespacesHostNetworkSupport") {
    @Override
    boolean neededToRun(JsonNode spec) {
      return spec.path("hostNetwork").asBoolean() && !spec.path("hostUsers").asBoolean(true);
    }
  };

  private final String declared;

  NodeFeature(String declared) {
    this.declared = declared;
  }

  /** As nodes declare it. */
  public String declared() {
    return declared;
  }

  boolean neededToRun(JsonNode spec) {
    return false;
  }

  boolean neededToChange(JsonNode before, JsonNode now) {
    return false;
  }

  /**
   * What a Pod needs of its node.
   *
   * @param spec the Pod's
   */
  public static List<NodeFeature> toRun(JsonNode spec) {
    List<NodeFeature> needed = new ArrayList<>();
    for (NodeFeature feature : values()) {
      if (feature.neededToRun(spec)) {
        needed.add(feature);
      }
    }
    return needed;
  }

  /**
   * What a change of a Pod needs of the node that it is on.
   *
   * @param before the Pod's spec; likewise {@code now}
   */
  public static List<NodeFeature> toChange(JsonNode before, JsonNode now) {
    List<NodeFeature> needed = new ArrayList<>();
    for (NodeFeature feature : values()) {
      if (feature.neededToChange(before, now)) {
        needed.add(feature);
      }
    }
    return needed;
  }

  /** The names of those that the node does not declare. */
  public static List<String> missing(Collection<NodeFeature> needed, JsonNode node) {
    List<String> names = new ArrayList<>(needed.stream().map(NodeFeature::declared).toList());
    if (!names.isEmpty()) {
      node.path("status").path("declaredFeatures").forEach(d -> names.remove(d.asText()));
    }
    return names;
  }

  /** Amounts as amounts, however written; what is left out is as good as empty. */
  private static ObjectNode resources(JsonNode of) {
    ObjectNode out = Json.object();
    for (String kind : List.of("requests", "limits")) {
      ObjectNode amounts = Json.object();
      of.path("resources")
          .path(kind)
          .properties()
          .forEach(e -> {
            Quantity amount = Quantity.tryParse(e.getValue().asText());
            amounts.put(e.getKey(), amount == null ? e.getValue().asText() : amount.toString());
          });
      out.set(kind, amounts);
    }
    out.set(
        "claims",
        of.path("resources").path("claims").isEmpty()
            ? Json.object()
            : of.path("resources").path("claims"));
    return out;
  }

  private static boolean restartsAll(JsonNode containers) {
    for (JsonNode container : containers) {
      for (JsonNode rule : container.path("restartPolicyRules")) {
        if (rule.path("action").asText("").equals("RestartAllContainers")) {
          return true;
        }
      }
    }
    return false;
  }
}
