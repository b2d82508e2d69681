package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a pod's containers ask for together (KEP-753), what may be asked for the pod as a whole
 * (KEP-2837), and what a pod counts with while it is resized (KEP-1287).
 */
public final class PodRequests {
  private static final Set<String> OF_PODS = Set.of("cpu", "memory");

  private PodRequests() {}

  /** Whether a pod as a whole may ask for this. */
  public static boolean isOfPods(String resource) {
    return OF_PODS.contains(resource) || resource.startsWith("hugepages-");
  }

  /**
   * What a pod takes of a node or of a quota: the most that its containers need at once, or what is
   * asked for the pod as a whole, and its overhead (on limits only where there is a limit). Until a
   * resize is done the most of what is asked for, allocated and in force counts.
   *
   * @param kind {@code requests} or {@code limits}
   */
  public static Map<String, Quantity> of(JsonNode pod, String kind) {
    JsonNode spec = pod.path("spec");
    InForce inForce = InForce.of(pod);
    Map<String, Quantity> sum = ofContainers(spec, inForce, kind);
    JsonNode whole = spec.path("resources").path(kind);
    if (!whole.isEmpty()) {
      Map<String, Quantity> counted = inForce.ofPod(whole, pod.path("status"), kind);
      for (Map.Entry<String, JsonNode> asked : whole.properties()) {
        if (isOfPods(asked.getKey())) {
          Quantity q = counted.get(asked.getKey());
          sum.put(asked.getKey(), q == null ? Quantity.ZERO : q);
        }
      }
    }
    spec.path("overhead")
        .properties()
        .forEach(e -> {
          Quantity q = Quantity.tryParse(e.getValue().asText());
          boolean counts = kind.equals("requests") || isAbove(sum.get(e.getKey()), Quantity.ZERO);
          if (q != null && counts) {
            sum.merge(e.getKey(), q, Quantity::plus);
          }
        });
    return sum;
  }

  /**
   * The most that the containers need at once: ordinary ones and sidecars together, or the init
   * container that needs most beside the sidecars started before it.
   *
   * @param kind {@code requests} or {@code limits}
   */
  public static Map<String, Quantity> ofContainers(JsonNode podSpec, String kind) {
    return ofContainers(podSpec, InForce.NOTHING, kind);
  }

  private static Map<String, Quantity> ofContainers(
      JsonNode podSpec, InForce inForce, String kind) {
    Map<String, Quantity> sum = new TreeMap<>();
    for (JsonNode c : podSpec.path("containers")) {
      plus(sum, inForce.counted(c, kind));
    }
    Map<String, Quantity> sidecars = new TreeMap<>();
    Map<String, Quantity> peak = new TreeMap<>();
    for (JsonNode c : podSpec.path("initContainers")) {
      if (c.path("restartPolicy").asText("").equals("Always")) {
        Map<String, Quantity> own = inForce.counted(c, kind);
        plus(sidecars, own);
        plus(sum, own);
        max(peak, sidecars);
      } else {
        Map<String, Quantity> here = new TreeMap<>(sidecars);
        add(here, c.path("resources").path(kind));
        max(peak, here);
      }
    }
    max(sum, peak);
    return sum;
  }

  /** What the statuses of a pod's containers say they have. */
  private record InForce(Map<String, JsonNode> statuses, boolean infeasible) {

    static final InForce NOTHING = new InForce(Map.of(), false);

    static InForce of(JsonNode pod) {
      JsonNode status = pod.path("status");
      Map<String, JsonNode> statuses = new HashMap<>();
      for (String list : new String[] {"containerStatuses", "initContainerStatuses"}) {
        for (JsonNode container : status.path(list)) {
          if (container.path("resources").isObject()) {
            statuses.put(container.path("name").asText(), container);
          }
        }
      }
      return new InForce(statuses, isResizeInfeasible(pod));
    }

    Map<String, Quantity> counted(JsonNode container, String kind) {
      JsonNode asked = container.path("resources").path(kind);
      JsonNode status = statuses.get(container.path("name").asText());
      if (status != null) {
        return most(asked, status, kind);
      }
      Map<String, Quantity> out = new TreeMap<>();
      add(out, asked);
      return out;
    }

    Map<String, Quantity> ofPod(JsonNode asked, JsonNode status, String kind) {
      JsonNode resources = status.path("resources");
      // Limits in force of which nothing is said do not make an end of those that are asked for.
      boolean unsaid = infeasible && kind.equals("limits") && !resources.has(kind);
      if (resources.isObject() && !unsaid) {
        return most(asked, status, kind);
      }
      Map<String, Quantity> out = new TreeMap<>();
      add(out, asked);
      return out;
    }

    /** Of limits it is not known what is allocated. */
    Map<String, Quantity> most(JsonNode asked, JsonNode status, String kind) {
      Map<String, Quantity> out = new TreeMap<>();
      add(out, status.path("resources").path(kind));
      Map<String, Quantity> other = new TreeMap<>();
      add(
          other,
          kind.equals("requests") ? status.path("allocatedResources") : MissingNode.getInstance());
      max(out, other);
      if (!infeasible) {
        other.clear();
        add(other, asked);
        max(out, other);
      }
      return out;
    }
  }

  /** Whether the node has said that it will never have what a resize asks for. */
  public static boolean isResizeInfeasible(JsonNode pod) {
    for (JsonNode condition : pod.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("PodResizePending")) {
        return condition.path("reason").asText().equals("Infeasible");
      }
    }
    return false;
  }

  private static boolean isAbove(@Nullable Quantity a, Quantity b) {
    return a != null && a.compareTo(b) > 0;
  }

  private static void add(Map<String, Quantity> sum, JsonNode amounts) {
    amounts
        .properties()
        .forEach(e -> {
          Quantity q = Quantity.tryParse(e.getValue().asText());
          if (q != null) {
            sum.merge(e.getKey(), q, Quantity::plus);
          }
        });
  }

  private static void plus(Map<String, Quantity> sum, Map<String, Quantity> other) {
    other.forEach((r, q) -> sum.merge(r, q, Quantity::plus));
  }

  private static void max(Map<String, Quantity> into, Map<String, Quantity> other) {
    other.forEach((r, q) -> into.merge(r, q, (a, b) -> a.compareTo(b) >= 0 ? a : b));
  }
}
