package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Set;

/** How a Pod is to be spread over topologies. */
final class SpreadRules {

  private static final Set<String> WHEN = Set.of("DoNotSchedule", "ScheduleAnyway");
  private static final Set<String> INCLUSION = Set.of("Honor", "Ignore");

  private SpreadRules() {}

  static void check(JsonNode list, FieldPath path, FieldErrors errors) {
    int i = 0;
    for (JsonNode constraint : list) {
      constraint(constraint, list, i, path.index(i), errors);
      i++;
    }
  }

  private static void constraint(
      JsonNode c, JsonNode list, int index, FieldPath at, FieldErrors errors) {
    int skew = c.path("maxSkew").asInt();
    if (skew <= 0) {
      errors.invalid(at, "maxSkew", skew, "must be greater than zero");
    }
    String key = Nodes.text(c, "topologyKey");
    if (key.isEmpty()) {
      errors.required(at, "topologyKey", "can not be empty");
    } else {
      errors.invalid(at, "topologyKey", key, NameRules.qualifiedName(key));
    }
    String when = Nodes.text(c, "whenUnsatisfiable");
    if (!WHEN.contains(when)) {
      errors.unsupported(at, "whenUnsatisfiable", when, WHEN);
    }
    for (int later = index + 1; later < list.size(); later++) {
      JsonNode other = list.get(later);
      if (Nodes.text(other, "topologyKey").equals(key)
          && Nodes.text(other, "whenUnsatisfiable").equals(when)) {
        errors.duplicate(at, "{topologyKey, whenUnsatisfiable}", "{" + key + ", " + when + "}");
        break;
      }
    }
    if (Nodes.set(c, "minDomains")) {
      int least = c.path("minDomains").asInt();
      if (least <= 0) {
        errors.invalid(at, "minDomains", least, "must be greater than zero");
      }
      if (!when.equals("DoNotSchedule")) {
        errors.invalid(
            at,
            "minDomains",
            least,
            "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not " + when);
      }
    }
    for (String policy : new String[] {"nodeAffinityPolicy", "nodeTaintsPolicy"}) {
      String value = Nodes.text(c, policy);
      if (Nodes.set(c, policy) && !INCLUSION.contains(value)) {
        errors.unsupported(at, policy, value, INCLUSION);
      }
    }
    LabelKeyRules.names(c, "matchLabelKeys", at, errors);
    LabelKeyRules.duplicates(c, at.child("matchLabelKeys"), errors);
    if (Nodes.set(c, "labelSelector")) {
      SelectorRules.label(c.path("labelSelector"), at.child("labelSelector"), errors);
    }
  }
}
