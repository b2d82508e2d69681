package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.Set;

/** The podFailurePolicy of a Job (KEP-3329). */
final class PodFailurePolicyRules {

  private static final int MOST_RULES = 20;
  private static final int MOST_VALUES = 255;
  private static final int MOST_PATTERNS = 20;
  private static final Set<String> ACTIONS = Set.of("Count", "FailIndex", "FailJob", "Ignore");
  private static final Set<String> OPERATORS = Set.of("In", "NotIn");
  private static final Set<String> STATUS = Set.of("False", "True", "Unknown");

  private PodFailurePolicyRules() {}

  /**
   * @param path of the Job's specification
   */
  static void check(JsonNode jobSpec, FieldPath path, FieldErrors errors) {
    Set<String> containers = new HashSet<>();
    JsonNode pod = jobSpec.path("template").path("spec");
    pod.path("containers").forEach(c -> containers.add(Nodes.text(c, "name")));
    pod.path("initContainers").forEach(c -> containers.add(Nodes.text(c, "name")));
    FieldPath rules = path.child("podFailurePolicy", "rules");
    JsonNode list = jobSpec.path("podFailurePolicy").path("rules");
    if (list.size() > MOST_RULES) {
      errors.tooMany(rules, "", list.size(), MOST_RULES);
    }
    int i = 0;
    for (JsonNode rule : list) {
      rule(rule, rules.index(i++), Nodes.set(jobSpec, "backoffLimitPerIndex"), containers, errors);
    }
  }

  private static void rule(
      JsonNode rule, FieldPath at, boolean perIndex, Set<String> containers, FieldErrors errors) {
    String action = Nodes.text(rule, "action");
    if (action.isEmpty()) {
      errors.required(
          at, "action", "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]");
    } else if (action.equals("FailIndex") && !perIndex) {
      errors.invalid(at, "action", action, "requires the backoffLimitPerIndex to be set");
    } else if (!ACTIONS.contains(action)) {
      errors.unsupported(at, "action", action, ACTIONS);
    }
    boolean codes = Nodes.set(rule, "onExitCodes");
    boolean conditions = Nodes.has(rule, "onPodConditions");
    if (codes) {
      exitCodes(rule.path("onExitCodes"), at.child("onExitCodes"), containers, errors);
    }
    if (conditions) {
      conditions(rule.path("onPodConditions"), at.child("onPodConditions"), errors);
    }
    if (codes && conditions) {
      errors.rejected(at, "specifying both OnExitCodes and OnPodConditions is not supported");
    } else if (!codes && !conditions) {
      errors.rejected(at, "specifying one of OnExitCodes and OnPodConditions is required");
    }
  }

  private static void exitCodes(
      JsonNode codes, FieldPath at, Set<String> containers, FieldErrors errors) {
    String operator = Nodes.text(codes, "operator");
    if (operator.isEmpty()) {
      errors.required(at, "operator", "valid values: [\"In\" \"NotIn\"]");
    } else if (!OPERATORS.contains(operator)) {
      errors.unsupported(at, "operator", operator, OPERATORS);
    }
    if (Nodes.set(codes, "containerName")
        && !containers.contains(codes.path("containerName").asText())) {
      errors.invalid(
          at,
          "containerName",
          codes.path("containerName"),
          "must be one of the container or initContainer names in the pod template");
    }
    JsonNode values = codes.path("values");
    if (values.isEmpty()) {
      errors.invalid(
          at, "values", values.isArray() ? values : Nodes.NULL, "at least one value is required");
    } else if (values.size() > MOST_VALUES) {
      errors.tooMany(at, "values", values.size(), MOST_VALUES);
    }
    Set<Integer> seen = new HashSet<>();
    boolean ordered = true;
    for (int i = 0; i < values.size(); i++) {
      int value = values.path(i).asInt();
      FieldPath p = at.child("values").index(i);
      if (operator.equals("In") && value == 0) {
        errors.invalid(p, "", value, "must not be 0 for the In operator");
      }
      if (!seen.add(value)) {
        errors.duplicate(p, "", value);
      }
      ordered &= i == 0 || values.path(i - 1).asInt() <= value;
    }
    if (!ordered) {
      errors.invalid(at, "values", values, "must be ordered");
    }
  }

  private static void conditions(JsonNode patterns, FieldPath at, FieldErrors errors) {
    if (patterns.size() > MOST_PATTERNS) {
      errors.tooMany(at, "", patterns.size(), MOST_PATTERNS);
    }
    int i = 0;
    for (JsonNode pattern : patterns) {
      FieldPath p = at.index(i++);
      String type = Nodes.text(pattern, "type");
      errors.invalid(p, "type", type, NameRules.qualifiedName(type));
      String status = Nodes.text(pattern, "status");
      if (status.isEmpty()) {
        errors.required(p, "status", "valid values: [\"False\" \"True\" \"Unknown\"]");
      } else if (!STATUS.contains(status)) {
        errors.unsupported(p, "status", status, STATUS);
      }
    }
  }
}
