package dev.coracle.controllers.internal.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a slice is going to be.
 *
 * @param present null for one to be made
 * @param endpoints changed in place while the hints are worked out
 */
record Draft(
    @Nullable KubeObject present, String family, ArrayNode ports, List<ObjectNode> endpoints) {

  /** Whether its endpoints are others than those that are shown, or it is not shown yet. */
  boolean differs() {
    if (present == null) {
      return true;
    }
    JsonNode shown = present.at("endpoints");
    return endpoints.isEmpty() ? !shown.isEmpty() : !shown.equals(Json.array().addAll(endpoints));
  }

  static boolean isReady(JsonNode endpoint) {
    return endpoint.path("conditions").path("ready").asBoolean(false);
  }

  void removeHints() {
    endpoints.forEach(endpoint -> endpoint.remove("hints"));
  }
}
