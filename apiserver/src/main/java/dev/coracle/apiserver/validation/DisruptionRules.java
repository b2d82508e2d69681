package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.Set;

/** PodDisruptionBudget. */
final class DisruptionRules implements KindRules {

  private static final Set<String> POLICIES = Set.of("AlwaysAllow", "IfHealthyBudget");

  @Override
  public void check(ObjectNode budget, FieldErrors errors) {
    JsonNode spec = budget.path("spec");
    if (Nodes.set(spec, "minAvailable") && Nodes.set(spec, "maxUnavailable")) {
      errors.invalid(
          FieldPath.ROOT, "spec", spec, "minAvailable and maxUnavailable cannot be both set");
    }
    WorkloadRules.amount(spec, "minAvailable", FieldPath.SPEC, errors);
    WorkloadRules.amount(spec, "maxUnavailable", FieldPath.SPEC, errors);
    String policy = Nodes.text(spec, "unhealthyPodEvictionPolicy");
    if (!policy.isEmpty() && !POLICIES.contains(policy)) {
      errors.unsupported(FieldPath.SPEC, "unhealthyPodEvictionPolicy", policy, POLICIES);
    }
    if (Nodes.set(spec, "selector")) {
      SelectorRules.label(spec.path("selector"), FieldPath.SPEC.child("selector"), errors);
    }
  }
}
