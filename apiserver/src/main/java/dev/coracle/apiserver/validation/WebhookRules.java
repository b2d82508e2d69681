package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.internal.policy.PolicyChecks;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Admission webhooks of both kinds. Conditions are compiled when they are new; those that are as
 * they were are not looked at.
 */
final class WebhookRules implements KindRules {

  private static final Set<String> FAILURE = Set.of("Fail", "Ignore");
  private static final Set<String> MATCH = Set.of("Equivalent", "Exact");
  private static final List<String> EFFECTS = List.of("None", "NoneOnDryRun");
  private static final Set<String> REINVOCATION = Set.of("IfNeeded", "Never");
  private static final Set<String> REVIEWS = Set.of("v1", "v1beta1");

  @Override
  public void check(ObjectNode configuration, FieldErrors errors) {
    check(configuration, true, errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    check(now, !sameConditions(now.path("webhooks"), before.path("webhooks")), errors);
  }

  private static boolean sameConditions(JsonNode now, JsonNode before) {
    if (now.size() != before.size()) {
      return false;
    }
    for (int i = 0; i < now.size(); i++) {
      if (!Nodes.same(now.path(i), before.path(i), "matchConditions")) {
        return false;
      }
    }
    return true;
  }

  private static void check(ObjectNode configuration, boolean conditions, FieldErrors errors) {
    Set<String> names = new HashSet<>();
    int i = 0;
    for (JsonNode hook : configuration.path("webhooks")) {
      FieldPath at = FieldPath.ROOT.child("webhooks").index(i++);
      String name = Nodes.text(hook, "name");
      hook(hook, at, errors);
      if (conditions) {
        PolicyChecks.webhookConditions(
            hook.path("matchConditions"), at.child("matchConditions"), errors);
      }
      reviewVersions(
          hook.path("admissionReviewVersions"), at.child("admissionReviewVersions"), errors);
      if (!name.isEmpty() && !names.add(name)) {
        errors.duplicate(at, "name", name);
      }
    }
  }

  private static void hook(JsonNode hook, FieldPath at, FieldErrors errors) {
    name(Nodes.text(hook, "name"), at, errors);
    OperationRules.all(hook.path("rules"), at.child("rules"), errors);
    OperationRules.optional(hook, "failurePolicy", FAILURE, at, errors);
    OperationRules.optional(hook, "matchPolicy", MATCH, at, errors);
    if (!Nodes.set(hook, "sideEffects")) {
      errors.required(at, "sideEffects", "must specify one of None, NoneOnDryRun");
    } else if (!EFFECTS.contains(Nodes.text(hook, "sideEffects"))) {
      errors.unsupported(at, "sideEffects", Nodes.text(hook, "sideEffects"), EFFECTS);
    }
    int timeout = hook.path("timeoutSeconds").asInt(10);
    if (timeout < 1 || timeout > 30) {
      errors.invalid(
          at, "timeoutSeconds", timeout, "the timeout value must be between 1 and 30 seconds");
    }
    for (String selector : new String[] {"namespaceSelector", "objectSelector"}) {
      SelectorRules.label(hook.path(selector), at.child(selector), errors);
    }
    OperationRules.optional(hook, "reinvocationPolicy", REINVOCATION, at, errors);
    WebhookClientRules.check(hook.path("clientConfig"), at.child("clientConfig"), errors);
  }

  private static void name(String name, FieldPath at, FieldErrors errors) {
    List<String> problems = NameRules.dnsSubdomain(name);
    if (name.isEmpty()) {
      errors.required(at, "name");
    } else if (!problems.isEmpty()) {
      errors.invalid(at, "name", name, String.join(",", problems));
    } else if (name.split("\\.", -1).length < 3) {
      errors.invalid(
          at, "name", name, "should be a domain with at least three segments separated by dots");
    }
  }

  private static void reviewVersions(JsonNode versions, FieldPath at, FieldErrors errors) {
    if (versions.isEmpty()) {
      errors.required(at, "", "must specify one of v1, v1beta1");
      return;
    }
    Set<String> seen = new HashSet<>();
    boolean known = false;
    int i = 0;
    for (JsonNode v : versions) {
      FieldPath here = at.index(i++);
      if (!seen.add(v.asText())) {
        errors.invalid(here, "", v.asText(), "duplicate version");
        continue;
      }
      errors.invalid(here, "", v.asText(), NameRules.dns1035(v.asText()));
      known |= REVIEWS.contains(v.asText());
    }
    if (!known) {
      errors.invalid(at, "", versions, "must include at least one of v1, v1beta1");
    }
  }
}
