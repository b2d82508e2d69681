package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.internal.policy.PolicyChecks;
import dev.coracle.cel.CelTypes;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What admission policies of both kinds have in common. Match conditions are compiled when they, or
 * the kind of the parameters they may use, are new.
 */
abstract class PolicyRules implements KindRules {

  private static final Set<String> FAILURE = Set.of("Fail", "Ignore");

  @Override
  public void check(ObjectNode policy, FieldErrors errors) {
    check(policy, true, errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode spec = now.path("spec");
    JsonNode old = before.path("spec");
    boolean same = Nodes.same(spec, old, "paramKind") && Nodes.same(spec, old, "matchConditions");
    check(now, !same, errors);
  }

  private void check(ObjectNode policy, boolean conditions, FieldErrors errors) {
    JsonNode spec = policy.path("spec");
    PolicyChecks checks = checks(spec);
    OperationRules.optional(spec, "failurePolicy", FAILURE, FieldPath.SPEC, errors);
    if (Nodes.set(spec, "paramKind")) {
      paramKind(spec.path("paramKind"), FieldPath.SPEC.child("paramKind"), errors);
    }
    constraints(spec, errors);
    if (conditions) {
      checks.conditions(
          spec.path("matchConditions"), FieldPath.SPEC.child("matchConditions"), errors);
    }
    int i = 0;
    for (JsonNode variable : spec.path("variables")) {
      variable(variable, checks, FieldPath.SPEC.child("variables").index(i++), errors);
    }
    what(policy, spec, checks, errors);
  }

  /** For the expressions of this policy. */
  abstract PolicyChecks checks(JsonNode spec);

  /** Which operations it may be about is up to the kind. */
  void operations(JsonNode rules, FieldErrors errors) {}

  /** What the policy does. */
  abstract void what(ObjectNode policy, JsonNode spec, PolicyChecks checks, FieldErrors errors);

  private void constraints(JsonNode spec, FieldErrors errors) {
    if (!Nodes.set(spec, "matchConstraints")) {
      errors.required(FieldPath.SPEC, "matchConstraints");
      return;
    }
    JsonNode match = spec.path("matchConstraints");
    FieldPath at = FieldPath.SPEC.child("matchConstraints");
    OperationRules.matchResources(match, at, errors);
    if (match.path("resourceRules").isEmpty()) {
      errors.required(at, "resourceRules");
    }
    operations(match.path("resourceRules"), errors);
  }

  private static void paramKind(JsonNode kind, FieldPath at, FieldErrors errors) {
    String apiVersion = Nodes.text(kind, "apiVersion");
    if (apiVersion.isEmpty()) {
      errors.required(at, "apiVersion");
    } else {
      apiVersion(apiVersion, at, errors);
    }
    String name = Nodes.text(kind, "kind");
    if (name.isEmpty()) {
      errors.required(at, "kind");
      return;
    }
    List<String> problems = NameRules.dns1035(name.toLowerCase(Locale.ROOT));
    if (!problems.isEmpty()) {
      errors.invalid(
          at,
          "kind",
          name,
          "may have mixed case, but should otherwise match: " + String.join(",", problems));
    }
  }

  private static void apiVersion(String apiVersion, FieldPath at, FieldErrors errors) {
    String[] parts = apiVersion.equals("/") ? new String[] {""} : apiVersion.split("/", -1);
    if (parts.length > 2) {
      errors.invalid(at, "apiVersion", apiVersion, "unexpected GroupVersion string: " + apiVersion);
      return;
    }
    String group = parts.length == 2 ? parts[0] : "";
    String version = parts[parts.length - 1];
    joined(group.isEmpty() ? List.of() : NameRules.dnsSubdomain(group), group, at, errors);
    if (version.isEmpty()) {
      errors.invalid(at, "apiVersion", apiVersion, "version must be specified");
    } else {
      joined(NameRules.dns1035(version), version, at, errors);
    }
  }

  private static void joined(List<String> problems, String of, FieldPath at, FieldErrors errors) {
    if (!problems.isEmpty()) {
      errors.invalid(at, "apiVersion", of, String.join(",", problems));
    }
  }

  private static void variable(
      JsonNode variable, PolicyChecks checks, FieldPath at, FieldErrors errors) {
    String name = Nodes.text(variable, "name");
    if (name.isBlank()) {
      errors.required(at, "name", "name is not specified");
    } else if (!CelTypes.isIdentifier(name)) {
      errors.invalid(at, "name", name, "must be a valid CEL identifier");
    }
    String text = Nodes.text(variable, "expression");
    if (text.isBlank()) {
      errors.required(at, "expression", "expression is not specified");
    } else {
      checks.variable(name, text, at, errors);
    }
  }
}
