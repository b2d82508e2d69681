package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.Set;

/** When a container is started again, where it does not leave that to its Pod (KEP-5307). */
final class ContainerRestartRules {

  private static final Set<String> POLICIES = Set.of("Always", "Never", "OnFailure");
  private static final Set<String> ACTIONS = Set.of("Restart", "RestartAllContainers");
  private static final Set<String> OPERATORS = Set.of("In", "NotIn");
  private static final int MOST_RULES = 20;
  private static final int MOST_CODES = 255;

  private ContainerRestartRules() {}

  static void check(JsonNode container, FieldPath path, FieldErrors errors) {
    JsonNode rules = container.path("restartPolicyRules");
    String policy = Nodes.text(container, "restartPolicy");
    if (!Nodes.set(container, "restartPolicy")) {
      if (!rules.isEmpty()) {
        errors.required(
            path, "restartPolicy", "must specify restartPolicy when restart rules are used");
      }
    } else if (!POLICIES.contains(policy)) {
      errors.unsupported(path, "restartPolicy", policy, POLICIES);
    }
    if (rules.size() > MOST_RULES) {
      errors.tooMany(path, "restartPolicyRules", rules.size(), MOST_RULES);
    }
    int i = 0;
    for (JsonNode rule : rules) {
      rule(rule, path.child("restartPolicyRules").index(i++), errors);
    }
  }

  private static void rule(JsonNode rule, FieldPath at, FieldErrors errors) {
    String action = Nodes.text(rule, "action");
    if (!ACTIONS.contains(action)) {
      errors.unsupported(at, "action", action, ACTIONS);
    }
    JsonNode codes = rule.path("exitCodes");
    if (!codes.isObject()) {
      errors.required(at, "exitCodes", "must be specified");
      return;
    }
    String operator = Nodes.text(codes, "operator");
    if (!OPERATORS.contains(operator)) {
      errors.unsupported(at.child("exitCodes"), "operator", operator, OPERATORS);
    }
    int values = codes.path("values").size();
    if (values > MOST_CODES) {
      errors.tooMany(at.child("exitCodes"), "values", values, MOST_CODES);
    }
  }
}
