package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** FlowSchemas: which requests go to which priority level. */
final class FlowSchemaRules implements KindRules {

  private static final int LAST = 10_000;
  private static final Set<String> METHODS = Set.of("ByNamespace", "ByUser");
  private static final Set<String> SUBJECTS = Set.of("Group", "ServiceAccount", "User");
  private static final Set<String> VERBS =
      Set.of(
          "create",
          "delete",
          "deletecollection",
          "get",
          "list",
          "patch",
          "proxy",
          "update",
          "watch");

  @Override
  public void check(ObjectNode schema, FieldErrors errors) {
    String name = schema.path("metadata").path("name").asText("");
    JsonNode spec = schema.path("spec");
    precedence(name, spec, errors);
    if (Nodes.set(spec, "distinguisherMethod")
        && !METHODS.contains(Nodes.text(spec.path("distinguisherMethod"), "type"))) {
      errors.unsupported(
          FieldPath.SPEC.child("distinguisherMethod"),
          "type",
          spec.path("distinguisherMethod"),
          METHODS);
    }
    String level = Nodes.text(spec.path("priorityLevelConfiguration"), "name");
    FieldPath at = FieldPath.SPEC.child("priorityLevelConfiguration");
    if (level.isEmpty()) {
      errors.required(at, "name", "must reference a priority level");
    } else {
      errors.invalid(at, "name", level, NameRules.dnsSubdomain(level));
    }
    int i = 0;
    for (JsonNode rule : spec.path("rules")) {
      rule(rule, FieldPath.SPEC.child("rules").index(i++), errors);
    }
    MandatoryFlows.check("FlowSchema", schema, errors);
    conditions(schema.path("status"), errors);
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    conditions(now.path("status"), errors);
  }

  private static void precedence(String name, JsonNode spec, FieldErrors errors) {
    int precedence = spec.path("matchingPrecedence").asInt(0);
    if (precedence <= 0) {
      errors.invalid(FieldPath.SPEC, "matchingPrecedence", precedence, "must be a positive value");
    }
    if (precedence > LAST) {
      errors.invalid(
          FieldPath.SPEC, "matchingPrecedence", precedence, "must not be greater than " + LAST);
    }
    if (precedence == 1 && !name.equals("exempt")) {
      errors.invalid(
          FieldPath.SPEC,
          "matchingPrecedence",
          precedence,
          "only the schema named 'exempt' may have matchingPrecedence 1");
    }
  }

  private static void rule(JsonNode rule, FieldPath path, FieldErrors errors) {
    if (!Nodes.has(rule, "subjects")) {
      errors.required(path, "subjects", "subjects must contain at least one value");
    }
    int i = 0;
    for (JsonNode subject : rule.path("subjects")) {
      subject(subject, path.child("subjects").index(i++), errors);
    }
    if (!Nodes.has(rule, "resourceRules") && !Nodes.has(rule, "nonResourceRules")) {
      errors.required(
          path, "", "at least one of resourceRules and nonResourceRules has to be non-empty");
    }
    i = 0;
    for (JsonNode r : rule.path("resourceRules")) {
      resources(r, path.child("resourceRules").index(i++), errors);
    }
    i = 0;
    for (JsonNode r : rule.path("nonResourceRules")) {
      paths(r, path.child("nonResourceRules").index(i++), errors);
    }
  }

  private static void subject(JsonNode subject, FieldPath path, FieldErrors errors) {
    String kind = Nodes.text(subject, "kind");
    String field =
        switch (kind) {
          case "User" -> "user";
          case "Group" -> "group";
          case "ServiceAccount" -> "serviceAccount";
          default -> "";
        };
    if (field.isEmpty()) {
      errors.unsupported(path, "kind", kind, SUBJECTS);
      return;
    }
    JsonNode who = subject.path(field);
    if (!who.isObject()) {
      errors.required(path, field, field + " is required when subject kind is '" + kind + "'");
    } else if (field.equals("serviceAccount")) {
      account(who, path.child(field), errors);
    } else if (Nodes.text(who, "name").isEmpty()) {
      errors.required(path.child(field), "name");
    }
    for (String other : List.of("ServiceAccount", "User", "Group")) {
      String its = Character.toLowerCase(other.charAt(0)) + other.substring(1);
      if (!its.equals(field) && Nodes.set(subject, its)) {
        errors.forbidden(path, its, its + " is forbidden when subject kind is not '" + other + "'");
      }
    }
  }

  private static void account(JsonNode account, FieldPath path, FieldErrors errors) {
    String name = Nodes.text(account, "name");
    if (name.isEmpty()) {
      errors.required(path, "name");
    } else if (!name.equals("*")) {
      errors.invalid(path, "name", name, NameRules.dnsSubdomain(name));
    }
    String namespace = Nodes.text(account, "namespace");
    if (namespace.isEmpty()) {
      errors.required(path, "namespace", "must specify namespace for service account");
    } else {
      errors.invalid(path, "namespace", namespace, NameRules.dnsLabel(namespace));
    }
  }

  private static void resources(JsonNode rule, FieldPath path, FieldErrors errors) {
    verbs(rule, path, errors);
    if (!Nodes.has(rule, "apiGroups")) {
      errors.required(path, "apiGroups", "resource rules must supply at least one api group");
    } else {
      alone(rule, "apiGroups", "api groups", path, errors);
    }
    if (!Nodes.has(rule, "resources")) {
      errors.required(path, "resources", "resource rules must supply at least one resource");
    } else {
      alone(rule, "resources", "resources", path, errors);
    }
    JsonNode namespaces = rule.path("namespaces");
    if (namespaces.isEmpty() && !rule.path("clusterScope").asBoolean()) {
      errors.required(
          path,
          "namespaces",
          "resource rules that are not cluster scoped must supply at least one namespace");
    } else if (wild(namespaces)) {
      alone(rule, "namespaces", "namespaces", path, errors);
    } else {
      int i = 0;
      for (JsonNode namespace : namespaces) {
        FieldPath at = path.child("namespaces").index(i++);
        for (String message : NameRules.dnsLabel(namespace.asText())) {
          errors.invalid(
              at,
              "",
              namespace.asText(),
              "each member of this list must be '*' or a DNS-1123 label; " + message);
        }
      }
    }
  }

  private static void paths(JsonNode rule, FieldPath path, FieldErrors errors) {
    verbs(rule, path, errors);
    JsonNode urls = rule.path("nonResourceURLs");
    if (urls.isEmpty()) {
      errors.required(path, "nonResourceURLs", "nonResourceURLs must contain at least one value");
    } else if (wild(urls)) {
      alone(rule, "nonResourceURLs", "non-resource URLs", path, errors);
    } else {
      int i = 0;
      for (JsonNode url : urls) {
        FieldPath at = path.child("nonResourceURLs").index(i++);
        String wrong = url(url.asText());
        if (!wrong.isEmpty()) {
          errors.invalid(at, "", url.asText(), wrong);
        }
      }
    }
  }

  /** What is wrong with the path of a URL; empty where it is good. */
  private static String url(String url) {
    if (url.isEmpty()) {
      return "must not be empty";
    }
    if (!url.startsWith("/")) {
      return "must start with slash";
    }
    if (url.contains(" ")) {
      return "must not contain white-space";
    }
    if (url.contains("//")) {
      return "must not contain double slash";
    }
    int star = url.indexOf('*');
    return star < 0 || star == url.length() - 1 && url.endsWith("/*")
        ? ""
        : "wildcard can only do suffix matching";
  }

  private static void verbs(JsonNode rule, FieldPath path, FieldErrors errors) {
    JsonNode verbs = rule.path("verbs");
    if (verbs.isEmpty()) {
      errors.required(path, "verbs", "verbs must contain at least one value");
    } else if (wild(verbs)) {
      alone(rule, "verbs", "verbs", path, errors);
    } else {
      boolean known = true;
      for (JsonNode verb : verbs) {
        known &= VERBS.contains(verb.asText());
      }
      if (!known) {
        errors.unsupported(path, "verbs", verbs, VERBS);
      }
    }
  }

  private static boolean wild(JsonNode list) {
    for (JsonNode value : list) {
      if (value.asText().equals("*")) {
        return true;
      }
    }
    return false;
  }

  private static void alone(
      JsonNode rule, String field, String what, FieldPath path, FieldErrors errors) {
    JsonNode list = rule.path(field);
    if (list.size() > 1 && wild(list)) {
      errors.invalid(path, field, list, "if '*' is present, must not specify other " + what);
    }
  }

  /** Those of a FlowSchema or a priority level: each of another type. */
  static void conditions(JsonNode status, FieldErrors errors) {
    Set<String> types = new HashSet<>();
    int i = 0;
    for (JsonNode condition : status.path("conditions")) {
      FieldPath at = FieldPath.STATUS.child("conditions").index(i++);
      String type = Nodes.text(condition, "type");
      if (!types.add(type)) {
        errors.duplicate(at, "type", type);
      }
      if (type.isEmpty()) {
        errors.required(at, "type", "must not be empty");
      }
    }
  }
}
