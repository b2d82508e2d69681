package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.policy.PolicyChecks;
import java.util.Set;

/** Admission policies of both kinds, and their bindings. */
final class PolicyRules implements KindRules {

  /** Which kind it is. */
  enum Of {
    VALIDATING,
    MUTATING,
    VALIDATING_BINDING,
    MUTATING_BINDING
  }

  private static final Set<String> ACTIONS = Set.of("Audit", "Deny", "Warn");
  private static final Set<String> PATCHES = Set.of("ApplyConfiguration", "JSONPatch");
  private static final Set<String> FAILURE = Set.of("Fail", "Ignore");
  private static final Set<String> MISSING = Set.of("Allow", "Deny");
  private static final Set<String> REASONS =
      Set.of("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized");

  private final Of kind;

  PolicyRules(Of kind) {
    this.kind = kind;
  }

  @Override
  public void check(ObjectNode object, FieldErrors errors) {
    JsonNode spec = object.path("spec");
    switch (kind) {
      case VALIDATING -> validating(spec, errors);
      case MUTATING -> mutating(spec, errors);
      case VALIDATING_BINDING -> {
        binding(spec, errors);
        actions(spec, errors);
      }
      case MUTATING_BINDING -> binding(spec, errors);
    }
  }

  private static void policy(JsonNode spec, FieldErrors errors) {
    String failure = Nodes.text(spec, "failurePolicy");
    if (!failure.isEmpty() && !FAILURE.contains(failure)) {
      errors.unsupported(FieldPath.SPEC, "failurePolicy", failure, FAILURE);
    }
    if (!spec.path("matchConstraints").isObject()) {
      errors.required(FieldPath.SPEC, "matchConstraints");
    } else {
      FieldPath at = FieldPath.SPEC.child("matchConstraints");
      if (spec.path("matchConstraints").path("resourceRules").isEmpty()) {
        errors.required(at, "resourceRules");
      }
      WebhookRules.rules(
          spec.path("matchConstraints").path("resourceRules"), at.child("resourceRules"), errors);
    }
    JsonNode kindOfParam = spec.path("paramKind");
    if (kindOfParam.isObject()) {
      for (String field : new String[] {"apiVersion", "kind"}) {
        if (Nodes.text(kindOfParam, field).isEmpty()) {
          errors.required(FieldPath.SPEC.child("paramKind"), field);
        }
      }
    }
  }

  private static void validating(JsonNode spec, FieldErrors errors) {
    policy(spec, errors);
    if (spec.path("validations").isEmpty() && spec.path("auditAnnotations").isEmpty()) {
      errors.required(
          FieldPath.SPEC,
          "validations",
          "validations or auditAnnotations must contain at least one item");
    }
    int i = 0;
    for (JsonNode v : spec.path("validations")) {
      FieldPath at = FieldPath.SPEC.child("validations").index(i++);
      String reason = Nodes.text(v, "reason");
      if (!reason.isEmpty() && !REASONS.contains(reason)) {
        errors.unsupported(at, "reason", reason, REASONS);
      }
      if (Nodes.text(v, "expression").isBlank()) {
        errors.required(at, "expression", "expression is not specified");
      }
    }
    i = 0;
    for (JsonNode a : spec.path("auditAnnotations")) {
      FieldPath at = FieldPath.SPEC.child("auditAnnotations").index(i++);
      for (String field : new String[] {"key", "valueExpression"}) {
        if (Nodes.text(a, field).isBlank()) {
          errors.required(at, field);
        }
      }
    }
    if (errors.isEmpty()) {
      PolicyChecks.validating(spec, errors);
    }
  }

  private static void mutating(JsonNode spec, FieldErrors errors) {
    policy(spec, errors);
    if (spec.path("mutations").isEmpty()) {
      errors.required(FieldPath.SPEC, "mutations", "mutations must contain at least one item");
    }
    int i = 0;
    for (JsonNode m : spec.path("mutations")) {
      FieldPath at = FieldPath.SPEC.child("mutations").index(i++);
      String type = Nodes.text(m, "patchType");
      if (type.isEmpty()) {
        errors.required(at, "patchType");
      } else if (!PATCHES.contains(type)) {
        errors.unsupported(at, "patchType", type, PATCHES);
      } else {
        String field = type.equals("JSONPatch") ? "jsonPatch" : "applyConfiguration";
        if (Nodes.text(m.path(field), "expression").isBlank()) {
          errors.required(at.child(field), "expression", "expression is not specified");
        }
      }
    }
    String again = Nodes.text(spec, "reinvocationPolicy");
    if (again.isEmpty()) {
      errors.required(FieldPath.SPEC, "reinvocationPolicy");
    } else if (!Set.of("IfNeeded", "Never").contains(again)) {
      errors.unsupported(FieldPath.SPEC, "reinvocationPolicy", again, Set.of("IfNeeded", "Never"));
    }
    if (errors.isEmpty()) {
      PolicyChecks.mutating(spec, errors);
    }
  }

  private static void binding(JsonNode spec, FieldErrors errors) {
    if (Nodes.text(spec, "policyName").isEmpty()) {
      errors.required(FieldPath.SPEC, "policyName");
    }
    JsonNode ref = spec.path("paramRef");
    if (ref.isObject()) {
      FieldPath at = FieldPath.SPEC.child("paramRef");
      boolean named = !Nodes.text(ref, "name").isEmpty();
      if (named == ref.path("selector").isObject()) {
        errors.required(at, "name", "one of name or selector must be specified");
      }
      String action = Nodes.text(ref, "parameterNotFoundAction");
      if (action.isEmpty()) {
        errors.required(at, "parameterNotFoundAction");
      } else if (!MISSING.contains(action)) {
        errors.unsupported(at, "parameterNotFoundAction", action, MISSING);
      }
    }
    WebhookRules.rules(
        spec.path("matchResources").path("resourceRules"),
        FieldPath.SPEC.child("matchResources", "resourceRules"),
        errors);
  }

  private static void actions(JsonNode spec, FieldErrors errors) {
    Set<String> seen = new java.util.HashSet<>();
    int i = 0;
    for (JsonNode a : spec.path("validationActions")) {
      FieldPath at = FieldPath.SPEC.child("validationActions").index(i++);
      if (!ACTIONS.contains(a.asText())) {
        errors.unsupported(at, "", a.asText(), ACTIONS);
      } else if (!seen.add(a.asText())) {
        errors.duplicate(at, "", a.asText());
      }
    }
    if (i == 0) {
      errors.required(
          FieldPath.SPEC, "validationActions", "at least one validation action is required");
    }
    if (seen.contains("Deny") && seen.contains("Warn")) {
      errors.invalid(
          FieldPath.SPEC,
          "validationActions",
          spec.path("validationActions"),
          "must not contain both Deny and Warn (repeating the same validation failure"
              + " information in the API response and headers serves no purpose)");
    }
  }
}
