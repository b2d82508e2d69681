package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.Set;

/** Conditions of the general form (metav1.Condition). */
public final class ConditionRules {

  private static final Set<String> STATUS = Set.of("False", "True", "Unknown");
  private static final int LONGEST_REASON = 1024;
  private static final int LONGEST_MESSAGE = 32 << 10;

  private ConditionRules() {}

  /**
   * @param path of the list
   */
  public static void check(JsonNode conditions, FieldPath path, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode condition : conditions) {
      FieldPath at = path.index(i++);
      String type = Nodes.text(condition, "type");
      if (!seen.add(type)) {
        errors.duplicate(at, "type", type);
      }
      errors.invalid(at, "type", type, NameRules.qualifiedName(type));
      String status = Nodes.text(condition, "status");
      if (!STATUS.contains(status)) {
        errors.unsupported(at, "status", status, STATUS);
      }
      long generation = condition.path("observedGeneration").asLong();
      if (generation < 0) {
        errors.invalid(
            at, "observedGeneration", generation, "must be greater than or equal to zero");
      }
      if (Nodes.text(condition, "lastTransitionTime").isEmpty()) {
        errors.required(at, "lastTransitionTime", "must be set");
      }
      reason(Nodes.text(condition, "reason"), at, errors);
      if (Nodes.text(condition, "message").length() > LONGEST_MESSAGE) {
        errors.tooLong(at, "message", LONGEST_MESSAGE);
      }
    }
  }

  private static void reason(String reason, FieldPath at, FieldErrors errors) {
    if (reason.isEmpty()) {
      errors.required(at, "reason", "must be set");
      return;
    }
    errors.invalid(at, "reason", reason, NameRules.conditionReason(reason));
    if (reason.length() > LONGEST_REASON) {
      errors.tooLong(at, "reason", LONGEST_REASON);
    }
  }
}
