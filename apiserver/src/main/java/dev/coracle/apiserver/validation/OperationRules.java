package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.Set;

/** Which requests webhooks and policies are asked about: operations on resources. */
final class OperationRules {

  private static final Set<String> OPERATIONS =
      Set.of("*", "CONNECT", "CREATE", "DELETE", "UPDATE");
  private static final Set<String> SCOPES = Set.of("*", "Cluster", "Namespaced");
  private static final Set<String> MATCH = Set.of("Equivalent", "Exact");

  private OperationRules() {}

  /** {@code rules} of a webhook. */
  static void all(JsonNode rules, FieldPath at, FieldErrors errors) {
    int i = 0;
    for (JsonNode rule : rules) {
      rule(rule, at.index(i++), errors);
    }
  }

  /** {@code matchConstraints} of a policy, {@code matchResources} of a binding. */
  static void matchResources(JsonNode match, FieldPath at, FieldErrors errors) {
    if (!match.isObject()) {
      return;
    }
    optional(match, "matchPolicy", MATCH, at, errors);
    for (String selector : new String[] {"namespaceSelector", "objectSelector"}) {
      SelectorRules.label(match.path(selector), at.child(selector), errors);
    }
    for (String rules : new String[] {"resourceRules", "excludeResourceRules"}) {
      int i = 0;
      for (JsonNode rule : match.path(rules)) {
        FieldPath here = at.child(rules).index(i++);
        names(rule.path("resourceNames"), here.child("resourceNames"), errors);
        rule(rule, here, errors);
      }
    }
  }

  private static void names(JsonNode names, FieldPath at, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode name : names) {
      FieldPath here = at.index(i++);
      errors.invalid(here, "", name.asText(), NameRules.pathSegment(name.asText()));
      if (!seen.add(name.asText())) {
        errors.duplicate(here, "", name.asText());
      }
    }
  }

  /** A field that has a default: one that is there and empty is none of the allowed values. */
  static void optional(
      JsonNode node, String field, Set<String> allowed, FieldPath at, FieldErrors errors) {
    if (Nodes.set(node, field) && !allowed.contains(Nodes.text(node, field))) {
      errors.unsupported(at, field, Nodes.text(node, field), allowed);
    }
  }

  private static void rule(JsonNode rule, FieldPath at, FieldErrors errors) {
    list(rule, "operations", "operations", at, errors);
    int i = 0;
    for (JsonNode operation : rule.path("operations")) {
      FieldPath here = at.child("operations").index(i++);
      if (!OPERATIONS.contains(operation.asText())) {
        errors.unsupported(here, "", operation.asText(), OPERATIONS);
      }
    }
    list(rule, "apiGroups", "API groups", at, errors);
    list(rule, "apiVersions", "API versions", at, errors);
    i = 0;
    for (JsonNode version : rule.path("apiVersions")) {
      FieldPath here = at.child("apiVersions").index(i++);
      if (version.asText().isEmpty()) {
        errors.required(here, "");
      }
    }
    resources(rule.path("resources"), at.child("resources"), errors);
    optional(rule, "scope", SCOPES, at, errors);
  }

  /** Not empty, and {@code *} is alone. */
  private static void list(
      JsonNode rule, String field, String what, FieldPath at, FieldErrors errors) {
    JsonNode values = rule.path(field);
    if (values.isEmpty()) {
      errors.required(at, field);
    }
    if (values.size() > 1 && has(values, "*")) {
      errors.invalid(at, field, values, "if '*' is present, must not specify other " + what);
    }
  }

  private static boolean has(JsonNode values, String wanted) {
    for (JsonNode value : values) {
      if (value.asText().equals(wanted)) {
        return true;
      }
    }
    return false;
  }

  /**
   * What a wildcard covers is not named beside it. Whether resources stand beside {@code *} is told
   * by the last one that has no subresource, as upstream has it.
   */
  private static void resources(JsonNode resources, FieldPath at, FieldErrors errors) {
    if (resources.isEmpty()) {
      errors.required(at, "");
    }
    Set<String> ofAnySubresource = new HashSet<>();
    Set<String> ofAnyResource = new HashSet<>();
    boolean plain = false;
    int i = 0;
    for (JsonNode entry : resources) {
      String text = entry.asText();
      FieldPath here = at.index(i++);
      int slash = text.indexOf('/');
      if (text.isEmpty()) {
        errors.required(here, "");
      } else if (slash < 0) {
        plain = !text.equals("*");
      } else {
        String resource = text.substring(0, slash);
        String subresource = text.substring(slash + 1);
        covered(ofAnySubresource.contains(resource), resource + "/*", text, here, errors);
        covered(ofAnyResource.contains(subresource), "*/" + subresource, text, here, errors);
        if (subresource.equals("*")) {
          ofAnySubresource.add(resource);
        }
        if (resource.equals("*")) {
          ofAnyResource.add(subresource);
        }
      }
    }
    if (resources.size() > 1 && has(resources, "*/*")) {
      errors.invalid(at, "", resources, "if '*/*' is present, must not specify other resources");
    }
    if (plain && has(resources, "*")) {
      errors.invalid(
          at,
          "",
          resources,
          "if '*' is present, must not specify other resources without subresources");
    }
  }

  private static void covered(
      boolean is, String by, String text, FieldPath at, FieldErrors errors) {
    if (is) {
      errors.invalid(at, "", text, "if '" + by + "' is present, must not specify " + text);
    }
  }
}
