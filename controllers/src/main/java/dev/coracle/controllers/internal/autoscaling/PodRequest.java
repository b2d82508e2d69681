package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import org.jspecify.annotations.Nullable;

/**
 * What a pod requests of one resource, in thousandths, or the first container without a request:
 * use is counted of all that run, so a share of only some requests would be too large.
 */
record PodRequest(long milli, @Nullable String without) {

  /**
   * @param container whose request alone counts, empty for the pod: of the pod itself where it has
   *     one, else of its containers and of those init containers that run beside them
   */
  static PodRequest of(KubeObject pod, String resource, String container) {
    Quantity whole = container.isEmpty() ? request(pod.at("spec"), resource) : null;
    if (whole != null) {
      return new PodRequest(whole.millis(), null);
    }
    long sum = 0;
    for (String list : new String[] {"containers", "initContainers"}) {
      for (JsonNode c : pod.at("spec", list)) {
        String name = c.path("name").asText("");
        boolean runs =
            list.equals("containers") || c.path("restartPolicy").asText("").equals("Always");
        if (runs && (container.isEmpty() || name.equals(container))) {
          Quantity amount = request(c, resource);
          if (amount == null) {
            return new PodRequest(sum, name);
          }
          sum += amount.millis();
        }
      }
    }
    return new PodRequest(sum, null);
  }

  private static @Nullable Quantity request(JsonNode of, String resource) {
    return Quantity.tryParse(of.path("resources").path("requests").path(resource).asText(""));
  }
}
