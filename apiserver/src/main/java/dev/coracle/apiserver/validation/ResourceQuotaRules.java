package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a ResourceQuota limits, and of which objects. */
final class ResourceQuotaRules implements KindRules {

  private static final Set<String> SCOPES =
      Set.of(
          "BestEffort",
          "NotBestEffort",
          "Terminating",
          "NotTerminating",
          "PriorityClass",
          "CrossNamespacePodAffinity",
          "VolumeAttributesClass");

  private static final Set<String> OF_PODS =
      Set.of(
          "pods",
          "cpu",
          "memory",
          "limits.cpu",
          "limits.memory",
          "requests.cpu",
          "requests.memory");
  private static final Set<String> OF_CLAIMS = Set.of("persistentvolumeclaims", "requests.storage");
  private static final Set<String> EXIST =
      Set.of(
          "BestEffort",
          "NotBestEffort",
          "Terminating",
          "NotTerminating",
          "CrossNamespacePodAffinity");
  private static final FieldPath EXPRESSIONS =
      FieldPath.SPEC.child("scopeSelector", "matchExpressions");

  @Override
  public void check(ObjectNode quota, FieldErrors errors) {
    JsonNode spec = quota.path("spec");
    ResourceRules.quota(spec.path("hard"), FieldPath.SPEC.child("hard"), errors);
    JsonNode scopes = spec.path("scopes");
    Set<String> all = new HashSet<>();
    for (JsonNode scope : scopes) {
      if (!SCOPES.contains(scope.asText())) {
        errors.invalid(FieldPath.SPEC, "scopes", scopes, "unsupported scope");
      }
      applied(spec, scope.asText(), FieldPath.SPEC.child("scopes"), scopes, errors);
      all.add(scope.asText());
    }
    conflicts(all, FieldPath.SPEC.child("scopes"), scopes, errors);
    selector(spec, errors);
  }

  private static void selector(JsonNode spec, FieldErrors errors) {
    JsonNode expressions = spec.path("scopeSelector").path("matchExpressions");
    ObjectNode shown = Json.object();
    expressions.forEach(e ->
        shown.withArray("MatchExpressions").add(Nodes.shown(e, "scopeName", "operator", "values")));
    Set<String> all = new HashSet<>();
    for (JsonNode e : expressions) {
      String scope = Nodes.text(e, "scopeName");
      if (!SCOPES.contains(scope)) {
        errors.invalid(EXPRESSIONS, "scopeName", scope, "unsupported scope");
      }
      applied(spec, scope, EXPRESSIONS, shown, errors);
      operator(e, scope, errors);
      all.add(scope);
    }
    JsonNode scopes = spec.path("scopes");
    conflicts(all, EXPRESSIONS, scopes.isMissingNode() ? Nodes.NULL : scopes, errors);
  }

  private static void operator(JsonNode e, String scope, FieldErrors errors) {
    String operator = Nodes.text(e, "operator");
    if (EXIST.contains(scope) && !operator.equals("Exists")) {
      errors.invalid(
          EXPRESSIONS,
          "operator",
          operator,
          "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating,"
              + " ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort,"
              + " ResourceQuotaScopeNotBestEffort or"
              + " ResourceQuotaScopeCrossNamespacePodAffinity");
    }
    switch (operator) {
      case "In", "NotIn" -> {
        if (!Nodes.has(e, "values")) {
          errors.required(
              EXPRESSIONS,
              "values",
              "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
        }
      }
      case "Exists", "DoesNotExist" -> {
        if (Nodes.has(e, "values")) {
          errors.invalid(
              EXPRESSIONS,
              "values",
              e.path("values"),
              "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
        }
      }
      default -> errors.invalid(EXPRESSIONS, "operator", operator, "not a valid selector operator");
    }
  }

  /** A scope of pods limits what pods have, and one of claims what claims have. */
  private static void applied(
      JsonNode spec, String scope, FieldPath at, Object shown, FieldErrors errors) {
    List<String> limited = new ArrayList<>();
    spec.path("hard").fieldNames().forEachRemaining(limited::add);
    Collections.sort(limited);
    for (String name : limited) {
      boolean good =
          switch (scope) {
            case "BestEffort" -> name.equals("pods");
            case "VolumeAttributesClass" -> OF_CLAIMS.contains(name);
            default -> !SCOPES.contains(scope) || OF_PODS.contains(name);
          };
      if (!good && ResourceRules.isOfQuotas(name)) {
        errors.invalid(at, "", shown, "unsupported scope applied to resource");
      }
    }
  }

  private static void conflicts(
      Set<String> scopes, FieldPath at, JsonNode shown, FieldErrors errors) {
    for (String scope : List.of("BestEffort", "Terminating")) {
      if (scopes.contains(scope) && scopes.contains("Not" + scope)) {
        errors.invalid(at, "", shown, "conflicting scopes");
      }
    }
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode scopes = now.path("spec").path("scopes");
    if (!texts(scopes).equals(texts(before.path("spec").path("scopes")))) {
      errors.invalid(
          FieldPath.SPEC,
          "scopes",
          scopes.isMissingNode() ? Nodes.NULL : scopes,
          "field is immutable");
    }
  }

  private static Set<String> texts(JsonNode list) {
    Set<String> out = new HashSet<>();
    list.forEach(e -> out.add(e.asText()));
    return out;
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    for (String field : List.of("hard", "used")) {
      ResourceRules.quota(now.path("status").path(field), FieldPath.STATUS.child(field), errors);
    }
  }
}
