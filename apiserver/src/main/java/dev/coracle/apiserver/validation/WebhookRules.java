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
  private static final List<String> ANY_EFFECTS =
      List.of("None", "NoneOnDryRun", "Some", "Unknown");
  private static final List<String> SELECTORS = List.of("namespaceSelector", "objectSelector");
  private static final Set<String> REINVOCATION = Set.of("IfNeeded", "Never");
  private static final Set<String> REVIEWS = Set.of("v1", "v1beta1");

  @Override
  public void check(ObjectNode configuration, FieldErrors errors) {
    check(configuration, true, Tolerated.NOTHING, errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode old = before.path("webhooks");
    boolean conditions = !sameConditions(now.path("webhooks"), old);
    check(now, conditions, Tolerated.of(old), errors);
  }

  /**
   * What may be wrong with a change, as something stored is wrong in that way already.
   *
   * @param effects side effects
   * @param reviews no version of reviews that is known
   * @param names one name for two
   * @param values selectors that compare with what no label has
   */
  private record Tolerated(boolean effects, boolean reviews, boolean names, boolean values) {

    static final Tolerated NOTHING = new Tolerated(false, false, false, false);

    static Tolerated of(JsonNode hooks) {
      boolean effects = false;
      boolean reviews = false;
      boolean same = false;
      boolean values = false;
      Set<String> names = new HashSet<>();
      for (JsonNode hook : hooks) {
        JsonNode versions = hook.path("admissionReviewVersions");
        effects |= !EFFECTS.contains(Nodes.text(hook, "sideEffects"));
        reviews |= !versions.isEmpty() && !isKnown(versions);
        same |= !names.add(Nodes.text(hook, "name"));
        for (String selector : SELECTORS) {
          values |= SelectorRules.isWrong(hook.path(selector));
        }
      }
      return new Tolerated(effects, reviews, same, values);
    }
  }

  private static boolean isKnown(JsonNode versions) {
    return versions.valueStream().anyMatch(v -> REVIEWS.contains(v.asText()));
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

  private static void check(
      ObjectNode configuration, boolean conditions, Tolerated tolerated, FieldErrors errors) {
    Set<String> names = new HashSet<>();
    int i = 0;
    for (JsonNode hook : configuration.path("webhooks")) {
      FieldPath at = FieldPath.ROOT.child("webhooks").index(i++);
      String name = Nodes.text(hook, "name");
      hook(hook, at, tolerated, errors);
      if (conditions) {
        PolicyChecks.webhookConditions(
            hook.path("matchConditions"), at.child("matchConditions"), errors);
      }
      reviewVersions(
          hook.path("admissionReviewVersions"),
          at.child("admissionReviewVersions"),
          tolerated.reviews,
          errors);
      if (!name.isEmpty() && !names.add(name) && !tolerated.names) {
        errors.duplicate(at, "name", name);
      }
    }
  }

  private static void hook(JsonNode hook, FieldPath at, Tolerated tolerated, FieldErrors errors) {
    name(Nodes.text(hook, "name"), at, errors);
    OperationRules.all(hook.path("rules"), at.child("rules"), errors);
    OperationRules.optional(hook, "failurePolicy", FAILURE, at, errors);
    OperationRules.optional(hook, "matchPolicy", MATCH, at, errors);
    List<String> effects = tolerated.effects ? ANY_EFFECTS : EFFECTS;
    if (!Nodes.set(hook, "sideEffects")) {
      errors.required(at, "sideEffects", "must specify one of " + String.join(", ", effects));
    } else if (!effects.contains(Nodes.text(hook, "sideEffects"))) {
      errors.unsupported(at, "sideEffects", Nodes.text(hook, "sideEffects"), effects);
    }
    int timeout = hook.path("timeoutSeconds").asInt(10);
    if (timeout < 1 || timeout > 30) {
      errors.invalid(
          at, "timeoutSeconds", timeout, "the timeout value must be between 1 and 30 seconds");
    }
    for (String selector : SELECTORS) {
      SelectorRules.label(hook.path(selector), at.child(selector), tolerated.values, errors);
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

  private static void reviewVersions(
      JsonNode versions, FieldPath at, boolean any, FieldErrors errors) {
    if (versions.isEmpty()) {
      errors.required(at, "", "must specify one of v1, v1beta1");
      return;
    }
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode v : versions) {
      FieldPath here = at.index(i++);
      if (!seen.add(v.asText())) {
        errors.invalid(here, "", v.asText(), "duplicate version");
        continue;
      }
      errors.invalid(here, "", v.asText(), NameRules.dns1035(v.asText()));
    }
    if (!any && !isKnown(versions)) {
      errors.invalid(at, "", versions, "must include at least one of v1, v1beta1");
    }
  }
}
