package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a pod's containers ask for together (KEP-753), and what may be asked for the pod as a whole
 * (KEP-2837).
 */
public final class PodRequests {
  private static final Set<String> OF_PODS = Set.of("cpu", "memory");

  private PodRequests() {}

  /** Whether a pod as a whole may ask for this. */
  public static boolean isOfPods(String resource) {
    return OF_PODS.contains(resource) || resource.startsWith("hugepages-");
  }

  /**
   * The most that the containers need at once: ordinary ones and sidecars together, or the init
   * container that needs most beside the sidecars started before it.
   *
   * @param kind {@code requests} or {@code limits}
   */
  public static Map<String, Quantity> ofContainers(JsonNode podSpec, String kind) {
    Map<String, Quantity> sum = new TreeMap<>();
    for (JsonNode c : podSpec.path("containers")) {
      add(sum, c.path("resources").path(kind));
    }
    Map<String, Quantity> sidecars = new TreeMap<>();
    Map<String, Quantity> peak = new TreeMap<>();
    for (JsonNode c : podSpec.path("initContainers")) {
      JsonNode own = c.path("resources").path(kind);
      if (c.path("restartPolicy").asText("").equals("Always")) {
        add(sidecars, own);
        add(sum, own);
        max(peak, sidecars);
      } else {
        Map<String, Quantity> here = new TreeMap<>(sidecars);
        add(here, own);
        max(peak, here);
      }
    }
    max(sum, peak);
    return sum;
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

  private static void max(Map<String, Quantity> into, Map<String, Quantity> other) {
    other.forEach((r, q) -> into.merge(r, q, (a, b) -> a.compareTo(b) >= 0 ? a : b));
  }
}
