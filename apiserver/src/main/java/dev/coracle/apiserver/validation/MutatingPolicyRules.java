package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.policy.PolicyChecks;
import java.util.Set;

/** MutatingAdmissionPolicy. */
final class MutatingPolicyRules extends PolicyRules {

  private static final Set<String> PATCHES = Set.of("ApplyConfiguration", "JSONPatch");
  private static final Set<String> REINVOCATION = Set.of("IfNeeded", "Never");

  /** A delete leaves nothing to be changed. */
  private static final Set<String> OPERATIONS = Set.of("*", "CONNECT", "CREATE", "UPDATE");

  @Override
  PolicyChecks checks(JsonNode spec) {
    return new PolicyChecks(Nodes.set(spec, "paramKind"), true);
  }

  @Override
  void operations(JsonNode rules, FieldErrors errors) {
    operations(rules, FieldPath.SPEC.child("matchConstraints"), errors);
  }

  /** Also of the binding of such a policy. */
  static void operations(JsonNode rules, FieldPath at, FieldErrors errors) {
    for (JsonNode rule : rules) {
      for (JsonNode operation : rule.path("operations")) {
        if (!OPERATIONS.contains(operation.asText())) {
          errors.unsupported(
              at.child("resourceRules"), "operations", operation.asText(), OPERATIONS);
        }
      }
    }
  }

  @Override
  void what(ObjectNode policy, JsonNode spec, PolicyChecks checks, FieldErrors errors) {
    if (spec.path("mutations").isEmpty()) {
      errors.required(FieldPath.SPEC, "mutations", "mutations must contain at least one item");
    }
    int i = 0;
    for (JsonNode m : spec.path("mutations")) {
      mutation(m, checks, FieldPath.SPEC.child("mutations").index(i++), errors);
    }
    String again = Nodes.text(spec, "reinvocationPolicy");
    if (again.isEmpty()) {
      errors.required(FieldPath.SPEC, "reinvocationPolicy");
    } else if (!REINVOCATION.contains(again)) {
      errors.unsupported(FieldPath.SPEC, "reinvocationPolicy", again, REINVOCATION);
    }
  }

  private static void mutation(JsonNode m, PolicyChecks checks, FieldPath at, FieldErrors errors) {
    String type = Nodes.text(m, "patchType");
    if (type.isEmpty()) {
      errors.required(at, "patchType");
      return;
    }
    if (!PATCHES.contains(type)) {
      errors.unsupported(at, "patchType", type, PATCHES);
      return;
    }
    boolean apply = type.equals("ApplyConfiguration");
    String field = apply ? "applyConfiguration" : "jsonPatch";
    String other = apply ? "jsonPatch" : "applyConfiguration";
    if (!Nodes.set(m, field)) {
      errors.required(at, field, "must be specified when patchType is " + type);
    } else {
      String text = Nodes.text(m.path(field), "expression").strip();
      if (text.isEmpty()) {
        errors.required(at.child(field), "expression");
      } else {
        checks.mutation(text, apply, at.child(field), errors);
      }
    }
    if (Nodes.set(m, other)) {
      errors.invalid(
          at, other, "{" + other + "}", "must not be specified when patchType is " + type);
    }
  }
}
