package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Bindings of admission policies of both kinds. */
final class PolicyBindingRules implements KindRules {

  private static final Set<String> ACTIONS = Set.of("Audit", "Deny", "Warn");
  private static final List<String> MISSING = List.of("Deny", "Allow");
  private static final String EXCLUSIVE = "name and selector are mutually exclusive";

  private final boolean mutating;

  PolicyBindingRules(boolean mutating) {
    this.mutating = mutating;
  }

  @Override
  public void check(ObjectNode binding, FieldErrors errors) {
    JsonNode spec = binding.path("spec");
    String policy = Nodes.text(spec, "policyName");
    if (policy.isEmpty()) {
      errors.required(FieldPath.SPEC, "policyName");
    } else {
      errors.invalid(FieldPath.SPEC, "policyName", policy, NameRules.dnsSubdomain(policy));
    }
    if (Nodes.set(spec, "paramRef")) {
      paramRef(spec.path("paramRef"), FieldPath.SPEC.child("paramRef"), errors);
    }
    FieldPath at = FieldPath.SPEC.child("matchResources");
    OperationRules.matchResources(spec.path("matchResources"), at, errors);
    if (mutating) {
      MutatingPolicyRules.operations(spec.path("matchResources").path("resourceRules"), at, errors);
    } else {
      actions(spec, errors);
    }
  }

  private static void paramRef(JsonNode ref, FieldPath at, FieldErrors errors) {
    String name = Nodes.text(ref, "name");
    boolean selects = Nodes.set(ref, "selector");
    if (!name.isEmpty()) {
      errors.invalid(at, "name", name, NameRules.pathSegment(name));
      if (selects) {
        errors.forbidden(at, "name", EXCLUSIVE);
      }
    }
    if (selects) {
      SelectorRules.label(ref.path("selector"), at.child("selector"), errors);
      if (!name.isEmpty()) {
        errors.forbidden(at, "selector", EXCLUSIVE);
      }
    } else if (name.isEmpty()) {
      errors.required(at, "", "one of name or selector must be specified");
    }
    String action = Nodes.text(ref, "parameterNotFoundAction");
    if (action.isEmpty()) {
      errors.required(at, "parameterNotFoundAction");
    } else if (!MISSING.contains(action)) {
      errors.unsupported(at, "parameterNotFoundAction", action, MISSING);
    }
  }

  private static void actions(JsonNode spec, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode a : spec.path("validationActions")) {
      FieldPath at = FieldPath.SPEC.child("validationActions").index(i++);
      if (!ACTIONS.contains(a.asText())) {
        errors.unsupported(at, "", a.asText(), ACTIONS);
      }
      if (!seen.add(a.asText())) {
        errors.duplicate(at, "", a.asText());
      }
    }
    if (seen.contains("Deny") && seen.contains("Warn")) {
      errors.invalid(
          FieldPath.SPEC,
          "validationActions",
          spec.path("validationActions"),
          "must not contain both Deny and Warn (repeating the same validation failure"
              + " information in the API response and headers serves no purpose)");
    }
    if (seen.isEmpty()) {
      errors.required(
          FieldPath.SPEC, "validationActions", "at least one validation action is required");
    }
  }
}
