package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;

/** To which nodes and beside which other Pods a Pod wants to be. */
final class AffinityRules {

  private static final String REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
  private static final String PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

  private AffinityRules() {}

  static void check(JsonNode affinity, FieldPath path, FieldErrors errors) {
    if (affinity.isEmpty()) {
      return;
    }
    nodes(affinity.path("nodeAffinity"), path.child("nodeAffinity"), errors);
    for (String kind : new String[] {"podAffinity", "podAntiAffinity"}) {
      JsonNode terms = affinity.path(kind);
      int i = 0;
      for (JsonNode term : terms.path(REQUIRED)) {
        term(term, path.child(kind, REQUIRED).index(i++), errors);
      }
      i = 0;
      for (JsonNode weighted : terms.path(PREFERRED)) {
        FieldPath at = path.child(kind, PREFERRED).index(i++);
        weight(weighted, at, errors);
        term(weighted.path("podAffinityTerm"), at.child("podAffinityTerm"), errors);
      }
    }
  }

  /** What no node can have for a label is an error only where a node must have it. */
  private static void nodes(JsonNode affinity, FieldPath path, FieldErrors errors) {
    if (Nodes.set(affinity, REQUIRED)) {
      SelectorRules.strictNode(affinity.path(REQUIRED), path.child(REQUIRED), errors);
    }
    int i = 0;
    for (JsonNode preferred : affinity.path(PREFERRED)) {
      FieldPath at = path.child(PREFERRED).index(i++);
      weight(preferred, at, errors);
      SelectorRules.term(preferred.path("preference"), at.child("preference"), errors);
    }
  }

  private static void weight(JsonNode preferred, FieldPath at, FieldErrors errors) {
    int weight = preferred.path("weight").asInt();
    if (weight < 1 || weight > 100) {
      errors.invalid(at, "weight", weight, "must be in the range 1-100");
    }
  }

  private static void term(JsonNode term, FieldPath at, FieldErrors errors) {
    for (String selector : new String[] {"labelSelector", "namespaceSelector"}) {
      if (Nodes.set(term, selector)) {
        SelectorRules.label(term.path(selector), at.child(selector), errors);
      }
    }
    for (JsonNode namespace : term.path("namespaces")) {
      errors.invalid(at, "namespace", namespace.asText(), NameRules.dnsLabel(namespace.asText()));
    }
    LabelKeyRules.term(term, at, errors);
    String key = Nodes.text(term, "topologyKey");
    if (key.isEmpty()) {
      errors.required(at, "topologyKey", "can not be empty");
    }
    errors.invalid(at, "topologyKey", key, NameRules.qualifiedName(key));
  }
}
