package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.List;
import java.util.Set;

/** Roles and their bindings. */
final class RbacRules {

  private static final String GROUP = "rbac.authorization.k8s.io";

  private RbacRules() {}

  record Role(boolean namespaced) implements KindRules {
    @Override
    public List<String> name(String name) {
      return NameRules.pathSegment(name);
    }

    @Override
    public void check(ObjectNode role, FieldErrors errors) {
      check(role, false, errors);
    }

    @Override
    public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
      boolean anyValue = false;
      for (JsonNode selector : before.path("aggregationRule").path("clusterRoleSelectors")) {
        anyValue |= SelectorRules.isWrong(selector);
      }
      check(now, anyValue, errors);
    }

    private void check(ObjectNode role, boolean anyValue, FieldErrors errors) {
      int i = 0;
      for (JsonNode rule : role.path("rules")) {
        FieldPath at = FieldPath.ROOT.child("rules").index(i++);
        if (!Nodes.has(rule, "verbs")) {
          errors.required(at, "verbs", "verbs must contain at least one value");
        }
        if (Nodes.has(rule, "nonResourceURLs")) {
          if (namespaced) {
            errors.invalid(
                at,
                "nonResourceURLs",
                rule.path("nonResourceURLs"),
                "namespaced rules cannot apply to non-resource URLs");
          }
          if (Nodes.has(rule, "apiGroups")
              || Nodes.has(rule, "resources")
              || Nodes.has(rule, "resourceNames")) {
            errors.invalid(
                at,
                "nonResourceURLs",
                rule.path("nonResourceURLs"),
                "rules cannot apply to both regular resources and non-resource URLs");
          }
        } else {
          if (!Nodes.has(rule, "apiGroups")) {
            errors.required(at, "apiGroups", "resource rules must supply at least one api group");
          }
          if (!Nodes.has(rule, "resources")) {
            errors.required(at, "resources", "resource rules must supply at least one resource");
          }
        }
      }
      int s = 0;
      for (JsonNode selector : role.path("aggregationRule").path("clusterRoleSelectors")) {
        FieldPath at = FieldPath.ROOT.child("aggregationRule", "clusterRoleSelectors").index(s++);
        if (!SelectorRules.label(selector, at, anyValue, errors)
            || SelectorRules.hasForeignValue(selector)) {
          errors.invalid(at, "", "null", "invalid label selector.");
        }
      }
      if (Nodes.set(role, "aggregationRule")
          && !Nodes.has(role.path("aggregationRule"), "clusterRoleSelectors")) {
        errors.required(
            FieldPath.ROOT.child("aggregationRule"),
            "clusterRoleSelectors",
            "at least one clusterRoleSelector required if aggregationRule is non-nil");
      }
    }
  }

  record Binding(boolean namespaced) implements KindRules {
    @Override
    public List<String> name(String name) {
      return NameRules.pathSegment(name);
    }

    @Override
    public void check(ObjectNode binding, FieldErrors errors) {
      JsonNode ref = binding.path("roleRef");
      FieldPath at = FieldPath.ROOT.child("roleRef");
      if (!Nodes.text(ref, "apiGroup").equals(GROUP)) {
        errors.unsupported(at, "apiGroup", Nodes.text(ref, "apiGroup"), Set.of(GROUP));
      }
      List<String> kinds = namespaced ? List.of("Role", "ClusterRole") : List.of("ClusterRole");
      if (!kinds.contains(Nodes.text(ref, "kind"))) {
        errors.unsupported(at, "kind", Nodes.text(ref, "kind"), kinds);
      }
      String role = Nodes.text(ref, "name");
      if (role.isEmpty()) {
        errors.required(at, "name");
      } else {
        errors.invalid(at, "name", role, NameRules.pathSegment(role));
      }
      int i = 0;
      for (JsonNode subject : binding.path("subjects")) {
        subject(subject, FieldPath.ROOT.child("subjects").index(i++), errors);
      }
    }

    private void subject(JsonNode subject, FieldPath at, FieldErrors errors) {
      String name = Nodes.text(subject, "name");
      if (name.isEmpty()) {
        errors.required(at, "name");
      }
      String group = Nodes.text(subject, "apiGroup");
      String kind = Nodes.text(subject, "kind");
      switch (kind) {
        case "ServiceAccount" -> {
          if (!name.isEmpty()) {
            errors.invalid(at, "name", name, NameRules.dnsSubdomain(name));
          }
          if (!group.isEmpty()) {
            errors.unsupported(at, "apiGroup", group, Set.of(""));
          }
          if (!namespaced && Nodes.text(subject, "namespace").isEmpty()) {
            errors.required(at, "namespace");
          }
        }
        case "User", "Group" -> {
          if (!group.equals(GROUP)) {
            errors.unsupported(at, "apiGroup", group, Set.of(GROUP));
          }
        }
        default -> errors.unsupported(at, "kind", kind, List.of("ServiceAccount", "User", "Group"));
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      if (!Nodes.same(now, before, "roleRef")) {
        errors.invalid(FieldPath.ROOT, "roleRef", now.path("roleRef"), "cannot change roleRef");
      }
    }
  }
}
