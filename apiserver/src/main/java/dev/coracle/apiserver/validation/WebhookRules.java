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

/** Admission webhooks of both kinds. */
final class WebhookRules implements KindRules {

  private static final Set<String> FAILURE = Set.of("Fail", "Ignore");
  private static final Set<String> MATCH = Set.of("Equivalent", "Exact");
  private static final List<String> EFFECTS = List.of("None", "NoneOnDryRun");
  private static final Set<String> REINVOCATION = Set.of("IfNeeded", "Never");
  private static final Set<String> OPERATIONS =
      Set.of("*", "CONNECT", "CREATE", "DELETE", "UPDATE");
  private static final Set<String> SCOPES = Set.of("*", "Cluster", "Namespaced");

  @Override
  public void check(ObjectNode configuration, FieldErrors errors) {
    Set<String> names = new HashSet<>();
    int i = 0;
    for (JsonNode hook : configuration.path("webhooks")) {
      FieldPath at = FieldPath.ROOT.child("webhooks").index(i++);
      hook(hook, at, errors);
      if (!names.add(Nodes.text(hook, "name"))) {
        errors.duplicate(at, "name", Nodes.text(hook, "name"));
      }
    }
  }

  private static void hook(JsonNode hook, FieldPath at, FieldErrors errors) {
    String name = Nodes.text(hook, "name");
    if (name.isEmpty()) {
      errors.required(at, "name");
    } else {
      errors.invalid(at, "name", name, NameRules.dnsSubdomain(name));
      if (name.split("\\.").length < 3) {
        errors.invalid(
            at, "name", name, "should be a domain with at least three segments separated by dots");
      }
    }
    if (!Nodes.has(hook, "admissionReviewVersions")) {
      errors.required(at, "admissionReviewVersions", "must specify one of v1, v1beta1");
    } else {
      boolean known = false;
      for (JsonNode v : hook.path("admissionReviewVersions")) {
        known |= v.asText().equals("v1") || v.asText().equals("v1beta1");
      }
      if (!known) {
        errors.invalid(
            at,
            "admissionReviewVersions",
            hook.path("admissionReviewVersions"),
            "must include at least one of v1, v1beta1");
      }
    }
    String effects = Nodes.text(hook, "sideEffects");
    if (effects.isEmpty()) {
      errors.required(at, "sideEffects", "must specify one of None, NoneOnDryRun");
    } else if (!EFFECTS.contains(effects)) {
      errors.unsupported(at, "sideEffects", effects, EFFECTS);
    }
    optional(hook, "failurePolicy", FAILURE, at, errors);
    optional(hook, "matchPolicy", MATCH, at, errors);
    optional(hook, "reinvocationPolicy", REINVOCATION, at, errors);
    int timeout = hook.path("timeoutSeconds").asInt(10);
    if (timeout < 1 || timeout > 30) {
      errors.invalid(
          at, "timeoutSeconds", timeout, "the timeout value must be between 1 and 30 seconds");
    }
    for (String s : new String[] {"namespaceSelector", "objectSelector"}) {
      if (Nodes.set(hook, s)) {
        SelectorRules.label(hook.path(s), at.child(s), errors);
      }
    }
    rules(hook.path("rules"), at.child("rules"), errors);
    PolicyChecks.conditions(hook.path("matchConditions"), at.child("matchConditions"), errors);
    WebhookClientRules.check(hook.path("clientConfig"), at.child("clientConfig"), errors);
  }

  static void rules(JsonNode rules, FieldPath at, FieldErrors errors) {
    int i = 0;
    for (JsonNode rule : rules) {
      rule(rule, at.index(i++), errors);
    }
  }

  private static void optional(
      JsonNode hook, String field, Set<String> allowed, FieldPath at, FieldErrors errors) {
    String value = Nodes.text(hook, field);
    if (!value.isEmpty() && !allowed.contains(value)) {
      errors.unsupported(at, field, value, allowed);
    }
  }

  private static void rule(JsonNode rule, FieldPath at, FieldErrors errors) {
    for (String field : new String[] {"operations", "apiGroups", "apiVersions", "resources"}) {
      if (!Nodes.has(rule, field)) {
        errors.required(at, field);
      }
    }
    int i = 0;
    for (JsonNode operation : rule.path("operations")) {
      if (!OPERATIONS.contains(operation.asText())) {
        errors.unsupported(at.child("operations").index(i), "", operation.asText(), OPERATIONS);
      }
      i++;
    }
    for (String field : new String[] {"operations", "apiGroups", "apiVersions"}) {
      boolean all = false;
      for (JsonNode v : rule.path(field)) {
        all |= v.asText().equals("*");
      }
      if (all && rule.path(field).size() > 1) {
        errors.invalid(
            at,
            field,
            rule.path(field),
            "if '*' is present, must not specify other "
                + (field.equals("operations")
                    ? "operations"
                    : field.equals("apiGroups") ? "API groups" : "API versions"));
      }
    }
    resources(rule.path("resources"), at.child("resources"), errors);
    optional(rule, "scope", SCOPES, at, errors);
  }

  /** What a wildcard covers is not named beside it. */
  private static void resources(JsonNode resources, FieldPath at, FieldErrors errors) {
    Set<String> ofAnySubresource = new HashSet<>();
    Set<String> ofAnyResource = new HashSet<>();
    boolean everything = false;
    boolean every = false;
    boolean plain = false;
    int i = 0;
    for (JsonNode entry : resources) {
      String text = entry.asText();
      FieldPath p = at.index(i++);
      int slash = text.indexOf('/');
      if (text.isEmpty()) {
        errors.required(p, "");
        continue;
      }
      everything |= text.equals("*/*");
      every |= text.equals("*");
      if (slash < 0) {
        plain |= !text.equals("*");
        continue;
      }
      String resource = text.substring(0, slash);
      String subresource = text.substring(slash + 1);
      if (ofAnySubresource.contains(resource)) {
        errors.invalid(p, "", text, "if '" + resource + "/*' is present, must not specify " + text);
      }
      if (ofAnyResource.contains(subresource)) {
        errors.invalid(
            p, "", text, "if '*/" + subresource + "' is present, must not specify " + text);
      }
      if (subresource.equals("*")) {
        ofAnySubresource.add(resource);
      }
      if (resource.equals("*")) {
        ofAnyResource.add(subresource);
      }
    }
    if (resources.size() > 1 && everything) {
      errors.invalid(at, "", resources, "if '*/*' is present, must not specify other resources");
    }
    if (every && plain) {
      errors.invalid(
          at,
          "",
          resources,
          "if '*' is present, must not specify other resources without subresources");
    }
  }
}
