package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.PodRequests;
import dev.coracle.api.Quantity;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.List;
import java.util.Map;

/** What a pod asks for as a whole, and how that goes with what its containers ask (KEP-2837). */
final class PodResourceRules {
  private static final List<String> SUPPORTED = List.of("cpu", "hugepages-", "memory");

  private PodResourceRules() {}

  static void check(JsonNode spec, FieldPath path, FieldErrors errors) {
    JsonNode resources = spec.path("resources");
    if (!resources.isObject()) {
      return;
    }
    FieldPath at = path.child("resources");
    if (Nodes.text(spec.path("os"), "name").equals("windows")) {
      errors.forbidden(at, "", "may not be set for a windows pod");
      return;
    }
    if (Nodes.has(resources, "claims")) {
      errors.forbidden(at, "claims", "claims cannot be set for Resources at pod-level");
    }
    for (String kind : List.of("limits", "requests")) {
      for (Map.Entry<String, JsonNode> e : resources.path(kind).properties()) {
        FieldPath one = at.child(kind).key(e.getKey());
        if (ResourceRules.name(e.getKey(), one, errors) && !PodRequests.isOfPods(e.getKey())) {
          errors.unsupported(one, "", e.getKey(), SUPPORTED);
        }
      }
    }
    ResourceRules.requirements(resources, true, at, errors);
    Map<String, Quantity> asked = PodRequests.ofContainers(spec, "requests");
    for (Map.Entry<String, JsonNode> e : resources.path("requests").properties()) {
      Quantity own = Quantity.tryParse(e.getValue().asText());
      Quantity together = asked.get(e.getKey());
      if (own != null && together != null && together.compareTo(own) > 0) {
        errors.invalid(
            at.child("requests").key(e.getKey()),
            "",
            e.getValue().asText(),
            "must be greater than or equal to aggregate container requests of " + together);
      }
    }
    hugePages(spec, at.child("limits"), errors);
    // Upstream's path begins at the resources.
    limits(spec.path("containers"), resources.path("limits"), at.child("containers"), errors);
  }

  private static void hugePages(JsonNode spec, FieldPath at, FieldErrors errors) {
    Map<String, Quantity> together = PodRequests.ofContainers(spec, "limits");
    for (Map.Entry<String, JsonNode> e : spec.path("resources").path("limits").properties()) {
      Quantity own = Quantity.tryParse(e.getValue().asText());
      Quantity all = together.get(e.getKey());
      if (e.getKey().startsWith("hugepages-")
          && own != null
          && all != null
          && all.compareTo(own) > 0) {
        errors.invalid(
            at.key(e.getKey()),
            "",
            e.getValue().asText(),
            "must be greater than or equal to aggregate container limits of " + all);
      }
    }
  }

  private static void limits(
      JsonNode containers, JsonNode podLimits, FieldPath path, FieldErrors errors) {
    int i = 0;
    for (JsonNode container : containers) {
      for (Map.Entry<String, JsonNode> e :
          container.path("resources").path("limits").properties()) {
        Quantity own = Quantity.tryParse(e.getValue().asText());
        Quantity most = Quantity.tryParse(podLimits.path(e.getKey()).asText(""));
        if (own != null && most != null && own.compareTo(most) > 0) {
          errors.invalid(
              path.index(i).key(e.getKey()),
              "limits",
              e.getValue().asText(),
              "must be less than or equal to pod limits of " + most);
        }
      }
      i++;
    }
  }
}
