package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import dev.coracle.cel.CelEnvironment;
import dev.coracle.cel.CelFailure;
import java.util.HashSet;
import java.util.Set;

/**
 * Whether the expressions of webhooks and policies can be compiled, asked when they are written.
 */
public final class PolicyChecks {

  private static final int MOST_CONDITIONS = 64;

  private PolicyChecks() {}

  /** The {@code matchConditions} of a webhook. */
  public static void conditions(JsonNode conditions, FieldPath at, FieldErrors errors) {
    if (!conditions.isEmpty()) {
      conditions(conditions, MatchConditions.environment(), at, errors);
    }
  }

  private static void conditions(
      JsonNode conditions, CelEnvironment environment, FieldPath at, FieldErrors errors) {
    if (conditions.size() > MOST_CONDITIONS) {
      errors.tooMany(at, "", conditions.size(), MOST_CONDITIONS);
      return;
    }
    Set<String> names = new HashSet<>();
    int i = 0;
    for (JsonNode c : conditions) {
      FieldPath here = at.index(i++);
      String name = c.path("name").asText("");
      if (name.isEmpty()) {
        errors.required(here, "name");
      } else {
        errors.invalid(here, "name", name, NameRules.qualifiedName(name));
        if (!names.add(name)) {
          errors.duplicate(here, "name", name);
        }
      }
      if (c.path("expression").asText("").isBlank()) {
        errors.required(here, "expression");
      } else {
        compile(c, "expression", here, errors, environment::compileBool);
      }
    }
  }

  /** The {@code spec} of a ValidatingAdmissionPolicy. */
  public static void validating(JsonNode spec, FieldErrors errors) {
    CelEnvironment environment = common(spec, errors);
    if (environment == null) {
      return;
    }
    int i = 0;
    for (JsonNode v : spec.path("validations")) {
      FieldPath at = FieldPath.SPEC.child("validations").index(i++);
      compile(v, "expression", at, errors, environment::compileBool);
      if (!v.path("messageExpression").asText("").isBlank()) {
        compile(v, "messageExpression", at, errors, text -> Validations.message(environment, text));
      }
    }
    i = 0;
    for (JsonNode a : spec.path("auditAnnotations")) {
      compile(
          a,
          "valueExpression",
          FieldPath.SPEC.child("auditAnnotations").index(i++),
          errors,
          text -> Validations.annotation(environment, text));
    }
  }

  /** The {@code spec} of a MutatingAdmissionPolicy. */
  public static void mutating(JsonNode spec, FieldErrors errors) {
    CelEnvironment environment = common(spec, errors);
    if (environment == null) {
      return;
    }
    int i = 0;
    for (JsonNode m : spec.path("mutations")) {
      boolean apply = m.path("patchType").asText("").equals("ApplyConfiguration");
      String field = apply ? "applyConfiguration" : "jsonPatch";
      FieldPath at = FieldPath.SPEC.child("mutations").index(i++).child(field);
      compile(
          m.path(field),
          "expression",
          at,
          errors,
          text -> Mutations.compile(environment, text, apply));
    }
  }

  private static @org.jspecify.annotations.Nullable CelEnvironment common(
      JsonNode spec, FieldErrors errors) {
    var before = Json.array();
    Set<String> names = new HashSet<>();
    int i = 0;
    for (JsonNode v : spec.path("variables")) {
      FieldPath at = FieldPath.SPEC.child("variables").index(i++);
      String name = v.path("name").asText("");
      if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
        errors.invalid(at, "name", name, "name is not a valid CEL identifier");
      } else if (!names.add(name)) {
        errors.duplicate(at, "name", name);
      }
      before.add(v);
      try {
        new PolicyVariables(before);
      } catch (CelFailure e) {
        errors.invalid(at, "expression", v.path("expression").asText(""), e.words());
        return null;
      }
    }
    CelEnvironment environment = new PolicyVariables(spec.path("variables")).environment();
    conditions(
        spec.path("matchConditions"), environment, FieldPath.SPEC.child("matchConditions"), errors);
    return environment;
  }

  private interface Compile {
    Object compile(String text);
  }

  private static void compile(
      JsonNode from, String field, FieldPath at, FieldErrors errors, Compile how) {
    String text = from.path(field).asText("");
    try {
      how.compile(text);
    } catch (CelFailure e) {
      errors.invalid(at, field, text, e.words());
    }
  }
}
