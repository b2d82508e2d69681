package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;

/** What may be said more exactly of a Pod as long as its scheduling waits at a gate (KEP-3838). */
final class GatedPodRules {

  private static final String NODES = "nodeAffinity";
  private static final String REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
  private static final String TERMS = "nodeSelectorTerms";
  private static final String[] LISTS = {"matchExpressions", "matchFields"};

  private GatedPodRules() {}

  /**
   * @param now the specification, in which what was looked at here becomes what it was
   */
  static void check(ObjectNode now, JsonNode before, FieldErrors errors) {
    nodeSelector(now.path("nodeSelector"), before.path("nodeSelector"), errors);
    PodRules.take(now, before, "nodeSelector");
    JsonNode old = before.path("affinity").path(NODES);
    JsonNode fresh = now.path("affinity").path(NODES);
    if (old.equals(fresh) || Trees.equal(fresh, old)) {
      return;
    }
    affinity(fresh, old, errors);
    putBack(now, before, old);
  }

  private static void nodeSelector(JsonNode now, JsonNode before, FieldErrors errors) {
    for (var e : before.properties()) {
      if (!e.getValue().equals(now.path(e.getKey()))) {
        errors.invalid(
            FieldPath.SPEC,
            "nodeSelector",
            now.isMissingNode() ? Nodes.NULL : now,
            "only additions to spec.nodeSelector are allowed (no mutations or deletions)");
        return;
      }
    }
  }

  private static void affinity(JsonNode now, JsonNode before, FieldErrors errors) {
    JsonNode old = before.path(REQUIRED).path(TERMS);
    JsonNode fresh = now.path(REQUIRED).path(TERMS);
    FieldPath at = FieldPath.SPEC.child("affinity", NODES, REQUIRED, TERMS);
    if (!old.isEmpty() && old.size() != fresh.size()) {
      ArrayNode shown = Json.NODES.arrayNode();
      fresh.forEach(term -> shown.add(shown(term)));
      errors.invalid(
          at,
          "",
          shown.isEmpty() ? Nodes.NULL : shown,
          "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
      return;
    }
    for (int i = 0; i < old.size(); i++) {
      if (!isOnlyMore(fresh.path(i), old.path(i))) {
        errors.invalid(
            at.index(i),
            "",
            shown(fresh.path(i)),
            "only additions are allowed (no mutations or deletions)");
      }
    }
  }

  private static boolean isOnlyMore(JsonNode now, JsonNode before) {
    boolean nothing = true;
    boolean something = false;
    for (String list : LISTS) {
      nothing &= before.path(list).isEmpty();
      something |= !now.path(list).isEmpty();
      for (int i = 0; i < before.path(list).size(); i++) {
        if (!Trees.equal(now.path(list).path(i), before.path(list).path(i))) {
          return false;
        }
      }
    }
    // A term without requirements matches no node, and goes on to do so.
    return !nothing || !something;
  }

  private static ObjectNode shown(JsonNode term) {
    ObjectNode out = Nodes.shown(term, LISTS);
    for (String field : new String[] {"MatchExpressions", "MatchFields"}) {
      if (out.path(field) instanceof ArrayNode list) {
        ArrayNode shown = Json.NODES.arrayNode();
        list.forEach(e -> shown.add(Nodes.shown(e, "key", "operator", "values")));
        out.set(field, shown);
      }
    }
    return out;
  }

  private static void putBack(ObjectNode now, JsonNode before, JsonNode old) {
    if (!(now.path("affinity") instanceof ObjectNode affinity)) {
      now.putObject("affinity").set(NODES, old);
    } else if (!before.path("affinity").isObject()
        && !affinity.has("podAffinity")
        && !affinity.has("podAntiAffinity")) {
      now.remove("affinity");
    } else if (old.isMissingNode()) {
      affinity.remove(NODES);
    } else {
      affinity.set(NODES, old);
    }
  }
}
