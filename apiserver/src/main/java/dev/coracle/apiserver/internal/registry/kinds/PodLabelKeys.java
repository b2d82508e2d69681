package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Puts what {@code matchLabelKeys} and {@code mismatchLabelKeys} mean into the selectors of a new
 * Pod's affinities and spread constraints: the values that the Pod has itself (KEP-3633, KEP-3243).
 * Keys of labels that it has not are passed over.
 */
final class PodLabelKeys {

  private PodLabelKeys() {}

  static void merge(ObjectNode pod) {
    JsonNode labels = pod.path("metadata").path("labels");
    JsonNode spec = pod.path("spec");
    for (JsonNode constraint : spec.path("topologySpreadConstraints")) {
      merge(constraint, "matchLabelKeys", "In", labels);
    }
    for (String kind : new String[] {"podAffinity", "podAntiAffinity"}) {
      JsonNode affinity = spec.path("affinity").path(kind);
      for (JsonNode term : affinity.path("requiredDuringSchedulingIgnoredDuringExecution")) {
        term(term, labels);
      }
      for (JsonNode term : affinity.path("preferredDuringSchedulingIgnoredDuringExecution")) {
        term(term.path("podAffinityTerm"), labels);
      }
    }
  }

  private static void term(JsonNode term, JsonNode labels) {
    merge(term, "matchLabelKeys", "In", labels);
    merge(term, "mismatchLabelKeys", "NotIn", labels);
  }

  private static void merge(JsonNode of, String keys, String operator, JsonNode labels) {
    if (!(of.path("labelSelector") instanceof ObjectNode selector)) {
      return;
    }
    for (JsonNode key : of.path(keys)) {
      JsonNode value = labels.path(key.asText());
      if (value.isTextual()) {
        selector
            .withArrayProperty("matchExpressions")
            .addObject()
            .put("key", key.asText())
            .put("operator", operator)
            .putArray("values")
            .add(value.asText());
      }
    }
  }
}
