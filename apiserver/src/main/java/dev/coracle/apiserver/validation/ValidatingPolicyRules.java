package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.internal.policy.PolicyChecks;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/** ValidatingAdmissionPolicy. */
final class ValidatingPolicyRules extends PolicyRules {

  private static final Set<String> REASONS =
      Set.of("Forbidden", "Invalid", "RequestEntityTooLarge");
  private static final int MOST_ANNOTATIONS = 20;
  private static final int LONGEST_ANNOTATION = 5 << 10;
  private static final String NOTHING =
      "validations or auditAnnotations must contain at least one item";

  /** Without variables there is no {@code variables}. */
  @Override
  PolicyChecks checks(JsonNode spec) {
    return new PolicyChecks(Nodes.set(spec, "paramKind"), !spec.path("variables").isEmpty());
  }

  @Override
  void what(ObjectNode policy, JsonNode spec, PolicyChecks checks, FieldErrors errors) {
    JsonNode validations = spec.path("validations");
    JsonNode annotations = spec.path("auditAnnotations");
    if (validations.isEmpty() && annotations.isEmpty()) {
      errors.required(FieldPath.SPEC, "validations", NOTHING);
      errors.required(FieldPath.SPEC, "auditAnnotations", NOTHING);
      return;
    }
    int i = 0;
    for (JsonNode v : validations) {
      validation(v, checks, FieldPath.SPEC.child("validations").index(i++), errors);
    }
    if (annotations.size() > MOST_ANNOTATIONS) {
      errors.invalid(
          FieldPath.SPEC,
          "auditAnnotations",
          annotations,
          "must not have more than " + MOST_ANNOTATIONS + " auditAnnotations");
    }
    String name = policy.path("metadata").path("name").asText("");
    Set<String> keys = new HashSet<>();
    i = 0;
    for (JsonNode a : annotations) {
      FieldPath at = FieldPath.SPEC.child("auditAnnotations").index(i++);
      annotation(name, a, checks, at, errors);
      if (!keys.add(Nodes.text(a, "key"))) {
        errors.duplicate(at, "key", Nodes.text(a, "key"));
      }
    }
  }

  private static void validation(
      JsonNode v, PolicyChecks checks, FieldPath at, FieldErrors errors) {
    String text = Nodes.text(v, "expression");
    if (text.isBlank()) {
      errors.required(at, "expression", "expression is not specified");
    } else {
      checks.validation(text, at, errors);
    }
    String expression = Nodes.text(v, "messageExpression");
    if (!expression.isEmpty() && expression.isBlank()) {
      errors.invalid(at, "messageExpression", expression, "must be non-empty if specified");
    } else if (!expression.isEmpty()) {
      checks.message(expression, at, errors);
    }
    String message = Nodes.text(v, "message");
    String shown = message.strip();
    if (!message.isEmpty() && shown.isEmpty()) {
      errors.invalid(at, "message", message, "must be non-empty if specified");
    } else if (shown.indexOf('\n') >= 0 || shown.indexOf('\r') >= 0) {
      errors.invalid(at, "message", message, "must not contain line breaks");
    }
    OperationRules.optional(v, "reason", REASONS, at, errors);
  }

  private static void annotation(
      String policy, JsonNode a, PolicyChecks checks, FieldPath at, FieldErrors errors) {
    String key = Nodes.text(a, "key");
    if (policy.isEmpty()) {
      errors.invalid(at, "key", key, "requires metadata.name be non-empty");
    } else {
      String whole = policy + "/" + key;
      errors.invalid(at, "key", whole, NameRules.qualifiedName(whole));
    }
    String shown = Nodes.text(a, "valueExpression");
    String text = shown.strip();
    if (text.isEmpty()) {
      errors.required(at, "valueExpression", "valueExpression is not specified");
    } else if (text.getBytes(StandardCharsets.UTF_8).length > LONGEST_ANNOTATION) {
      errors.required(
          at, "valueExpression", "must not exceed " + LONGEST_ANNOTATION + " bytes in length");
    } else {
      checks.annotation(text, shown, at, errors);
    }
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    FieldPath at = FieldPath.ROOT.child("status");
    JsonNode status = now.path("status");
    int i = 0;
    for (JsonNode warning : status.path("typeChecking").path("expressionWarnings")) {
      FieldPath here = at.child("typeChecking", "expressionWarnings").index(i++);
      for (String field : new String[] {"warning", "fieldRef"}) {
        String text = Nodes.text(warning, field);
        if (field.equals("warning") ? text.isEmpty() : text.isBlank()) {
          errors.required(here, field);
        }
      }
    }
    ConditionRules.check(status.path("conditions"), at.child("conditions"), errors);
  }
}
