package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.List;
import java.util.Set;

/** PodDisruptionBudget. */
final class DisruptionRules implements KindRules {

  private static final Set<String> POLICIES = Set.of("AlwaysAllow", "IfHealthyBudget");

  @Override
  public List<String> name(String name) {
    return NameRules.pathSegment(name);
  }

  @Override
  public void check(ObjectNode budget, FieldErrors errors) {
    check(budget, false, errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    check(now, SelectorRules.isWrong(before.path("spec").path("selector")), errors);
  }

  private static void check(ObjectNode budget, boolean anyValue, FieldErrors errors) {
    JsonNode spec = budget.path("spec");
    if (Nodes.set(spec, "minAvailable") && Nodes.set(spec, "maxUnavailable")) {
      errors.invalid(
          FieldPath.ROOT,
          "spec",
          shown(spec),
          "minAvailable and maxUnavailable cannot be both set");
    }
    for (String field : List.of("minAvailable", "maxUnavailable")) {
      WorkloadRules.amount(spec, field, FieldPath.SPEC, errors);
      WorkloadRules.atMostAll(spec, field, FieldPath.SPEC, errors);
    }
    FieldPath selector = FieldPath.SPEC.child("selector");
    SelectorRules.label(spec.path("selector"), selector, anyValue, errors);
    if (Nodes.set(spec, "unhealthyPodEvictionPolicy")) {
      String policy = Nodes.text(spec, "unhealthyPodEvictionPolicy");
      if (!POLICIES.contains(policy)) {
        errors.unsupported(FieldPath.SPEC, "unhealthyPodEvictionPolicy", policy, POLICIES);
      }
    }
  }

  /** By the names of upstream's own fields, as its messages have it. */
  private static ObjectNode shown(JsonNode spec) {
    ObjectNode out = Json.object();
    for (String field :
        List.of("MinAvailable", "Selector", "MaxUnavailable", "UnhealthyPodEvictionPolicy")) {
      JsonNode value = spec.path(Character.toLowerCase(field.charAt(0)) + field.substring(1));
      out.set(field, value.isMissingNode() ? Nodes.NULL : value);
    }
    return out;
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    if (subresource.equals("status")) {
      JsonNode status = now.path("status");
      ConditionRules.check(status.path("conditions"), FieldPath.STATUS.child("conditions"), errors);
      for (String count :
          List.of("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")) {
        WorkloadRules.notNegative(status, count, FieldPath.STATUS, errors);
      }
    }
  }
}
