package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * {@code matchLabelKeys} and {@code mismatchLabelKeys}: keys whose values are those that the pod
 * has itself. Of a Pod, what they mean stands in the selector already when it is validated.
 */
final class LabelKeyRules {

  private LabelKeyRules() {}

  /**
   * @param of with a {@code labelSelector}
   */
  static void names(JsonNode of, String list, FieldPath path, FieldErrors errors) {
    JsonNode keys = of.path(list);
    FieldPath at = path.child(list);
    if (!keys.isEmpty() && !Nodes.set(of, "labelSelector")) {
      errors.forbidden(at, "", "must not be specified when labelSelector is not set");
      return;
    }
    int i = 0;
    for (JsonNode key : keys) {
      errors.invalid(at.index(i++), "", key.asText(), NameRules.qualifiedName(key.asText()));
    }
  }

  /** That no key is in the selector too; once it is there by itself. */
  static void duplicates(JsonNode of, FieldPath at, FieldErrors errors) {
    Map<String, Integer> keys = new HashMap<>();
    int i = 0;
    for (JsonNode key : of.path("matchLabelKeys")) {
      keys.put(key.asText(), i++);
    }
    if (keys.isEmpty()) {
      return;
    }
    Set<String> selected = new HashSet<>();
    of.path("labelSelector").path("matchLabels").fieldNames().forEachRemaining(selected::add);
    for (JsonNode expression : of.path("labelSelector").path("matchExpressions")) {
      String key = Nodes.text(expression, "key");
      Integer index = keys.get(key);
      if (!selected.add(key) && index != null) {
        errors.invalid(at.index(index), "", key, "exists in both matchLabelKeys and labelSelector");
      }
    }
  }

  /** Of a term of an affinity; the path of a key that is selected twice is upstream's. */
  static void term(JsonNode term, FieldPath at, FieldErrors errors) {
    names(term, "matchLabelKeys", at, errors);
    names(term, "mismatchLabelKeys", at, errors);
    duplicates(term, at, errors);
    Set<String> mismatching = new HashSet<>();
    term.path("mismatchLabelKeys").forEach(key -> mismatching.add(key.asText()));
    int i = 0;
    for (JsonNode key : term.path("matchLabelKeys")) {
      if (mismatching.contains(key.asText())) {
        errors.invalid(
            at.child("matchLabelKeys").index(i),
            "",
            key.asText(),
            "exists in both matchLabelKeys and mismatchLabelKeys");
      }
      i++;
    }
  }
}
