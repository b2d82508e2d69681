package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.schema.StructuralSchema;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.internal.crd.ValidationRules;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** CustomResourceDefinition, down to its structural schemas. */
final class CrdRules implements KindRules {

  private static final Set<String> SCOPES = Set.of("Cluster", "Namespaced");

  @Override
  public void check(ObjectNode crd, FieldErrors errors) {
    JsonNode spec = crd.path("spec");
    String group = Nodes.text(spec, "group");
    String plural = Nodes.text(spec.path("names"), "plural");
    String name = crd.path("metadata").path("name").asText("");
    if (!name.equals(plural + "." + group)) {
      errors.invalid(
          FieldPath.METADATA, "name", name, "must be spec.names.plural+\".\"+spec.group");
    }
    if (group.isEmpty()) {
      errors.required(FieldPath.SPEC, "group");
    } else {
      List<String> problems = NameRules.dnsSubdomain(group);
      errors.invalid(FieldPath.SPEC, "group", group, problems);
      if (problems.isEmpty() && group.indexOf('.') < 0) {
        errors.invalid(FieldPath.SPEC, "group", group, "should be a domain with at least one dot");
      }
    }
    String scope = Nodes.text(spec, "scope");
    if (scope.isEmpty()) {
      errors.required(FieldPath.SPEC, "scope");
    } else if (!SCOPES.contains(scope)) {
      errors.unsupported(FieldPath.SPEC, "scope", scope, SCOPES);
    }
    names(spec.path("names"), FieldPath.SPEC.child("names"), errors);
    versions(spec, errors);
    if (spec.path("preserveUnknownFields").asBoolean()) {
      errors.invalid(
          FieldPath.SPEC,
          "preserveUnknownFields",
          true,
          "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in"
              + " spec.versions[*].schema instead");
    }
    conversion(spec.path("conversion"), FieldPath.SPEC.child("conversion"), errors);
  }

  private static void names(JsonNode names, FieldPath at, FieldErrors errors) {
    label(Nodes.text(names, "plural"), at, "plural", errors);
    label(Nodes.text(names, "singular"), at, "singular", errors);
    label(Nodes.text(names, "kind").toLowerCase(Locale.ROOT), at, "kind", errors);
    label(Nodes.text(names, "listKind").toLowerCase(Locale.ROOT), at, "listKind", errors);
    int i = 0;
    for (JsonNode s : names.path("shortNames")) {
      errors.invalid(
          at.child("shortNames").index(i++), "", s.asText(), NameRules.dns1035(s.asText()));
    }
    if (Nodes.has(names, "kind")
        && Nodes.text(names, "kind").equals(Nodes.text(names, "listKind"))) {
      errors.invalid(
          at, "listKind", Nodes.text(names, "listKind"), "kind and listKind may not be the same");
    }
  }

  private static void label(String value, FieldPath at, String field, FieldErrors errors) {
    if (value.isEmpty()) {
      errors.required(at, field);
    } else {
      errors.invalid(at, field, value, NameRules.dns1035(value));
    }
  }

  private static void versions(JsonNode spec, FieldErrors errors) {
    int stored = 0;
    boolean oneSchema = oneSchema(spec);
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode version : spec.path("versions")) {
      FieldPath at = FieldPath.SPEC.child("versions").index(i++);
      String name = Nodes.text(version, "name");
      errors.invalid(at, "name", name, NameRules.dns1035(name));
      if (!seen.add(name)) {
        errors.invalid(at, "name", name, "must contain unique version names");
      }
      stored += version.path("storage").asBoolean() ? 1 : 0;
      if (!Nodes.set(version.path("schema"), "openAPIV3Schema")) {
        errors.required(at.child("schema"), "openAPIV3Schema", "schemas are required");
      } else {
        JsonNode schema = version.path("schema").path("openAPIV3Schema");
        FieldPath where =
            oneSchema
                ? FieldPath.SPEC.child("validation", "openAPIV3Schema")
                : at.child("schema", "openAPIV3Schema");
        if (!oneSchema || i == 1) {
          StructuralRules.check(schema, where, errors);
        }
      }
      JsonNode scale = version.path("subresources").path("scale");
      if (scale.isObject()) {
        FieldPath p = at.child("subresources", "scale");
        path(scale, "specReplicasPath", ".spec.", p, errors);
        path(scale, "statusReplicasPath", ".status.", p, errors);
      }
    }
    if (spec.path("versions").isEmpty()) {
      errors.required(FieldPath.SPEC, "versions", "must have at least one version");
    }
    if (stored != 1) {
      errors.invalid(
          FieldPath.SPEC,
          "versions",
          spec.path("versions").isMissingNode() ? "null" : names(spec),
          "must have exactly one version marked as storage version");
    }
  }

  @Override
  public void checkCreate(ObjectNode crd, FieldErrors errors) {
    expressions(crd.path("spec"), Json.object(), errors);
  }

  /** A schema that is as it was is not looked at again: limits may have changed since. */
  private static void expressions(JsonNode spec, JsonNode before, FieldErrors errors) {
    if (!errors.isEmpty()) {
      return;
    }
    Map<String, JsonNode> known = new HashMap<>();
    before.path("versions").forEach(v -> known.put(Nodes.text(v, "name"), v.path("schema")));
    boolean oneSchema = oneSchema(spec);
    int i = 0;
    for (JsonNode version : spec.path("versions")) {
      String name = Nodes.text(version, "name");
      JsonNode schema = version.path("schema").path("openAPIV3Schema");
      FieldPath at = FieldPath.SPEC.child("versions").index(i++);
      if (oneSchema && i > 1
          || !ValidationRules.in(schema)
          || version.path("schema").equals(known.get(name))) {
        continue;
      }
      GroupVersionKind kind =
          new GroupVersionKind(
              Nodes.text(spec, "group"), name, Nodes.text(spec.path("names"), "kind"));
      ValidationRules.check(
          StructuralSchema.compile(schema, kind),
          oneSchema
              ? FieldPath.SPEC.child("validation", "openAPIV3Schema")
              : at.child("schema", "openAPIV3Schema"),
          errors);
    }
  }

  /** Upstream keeps a schema that all versions share in one place, and names that place. */
  private static boolean oneSchema(JsonNode spec) {
    JsonNode first = spec.path("versions").path(0).path("schema");
    for (JsonNode version : spec.path("versions")) {
      if (!version.path("schema").equals(first)) {
        return false;
      }
    }
    return true;
  }

  private static String names(JsonNode spec) {
    StringBuilder out = new StringBuilder();
    spec.path("versions")
        .forEach(v -> out.append(out.isEmpty() ? "" : ",").append(Nodes.text(v, "name")));
    return out.toString();
  }

  private static void path(
      JsonNode scale, String field, String prefix, FieldPath at, FieldErrors errors) {
    String path = Nodes.text(scale, field);
    if (path.isEmpty()) {
      errors.required(at, field);
    } else if (!path.startsWith(prefix)) {
      errors.invalid(
          at,
          field,
          path,
          "should be a json path under " + prefix.substring(0, prefix.length() - 1));
    }
  }

  private static void conversion(JsonNode conversion, FieldPath at, FieldErrors errors) {
    switch (Nodes.text(conversion, "strategy")) {
      case "None", "" -> {
        if (Nodes.set(conversion, "webhook")) {
          errors.forbidden(at, "webhook", "should not be set when strategy is not set to Webhook");
        }
      }
      case "Webhook" -> {
        if (!Nodes.set(conversion.path("webhook"), "clientConfig")) {
          errors.required(
              at.child("webhook"), "clientConfig", "required when strategy is set to Webhook");
        } else {
          WebhookRules.client(
              conversion.path("webhook").path("clientConfig"),
              at.child("webhook", "clientConfig"),
              errors);
        }
      }
      default ->
          errors.unsupported(
              at, "strategy", Nodes.text(conversion, "strategy"), Set.of("None", "Webhook"));
    }
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode spec = now.path("spec");
    JsonNode old = before.path("spec");
    expressions(spec, old, errors);
    MetaRules.immutable(spec, old, FieldPath.SPEC, "group", errors);
    boolean established = false;
    for (JsonNode c : before.path("status").path("conditions")) {
      established |=
          Nodes.text(c, "type").equals("Established") && Nodes.text(c, "status").equals("True");
    }
    if (established) {
      MetaRules.immutable(spec, old, FieldPath.SPEC, "scope", errors);
      MetaRules.immutable(
          spec.path("names"), old.path("names"), FieldPath.SPEC.child("names"), "plural", errors);
      MetaRules.immutable(
          spec.path("names"), old.path("names"), FieldPath.SPEC.child("names"), "kind", errors);
    }
    int i = 0;
    for (JsonNode stored : before.path("status").path("storedVersions")) {
      boolean kept = false;
      for (JsonNode v : spec.path("versions")) {
        kept |= Nodes.text(v, "name").equals(stored.asText());
      }
      if (!kept) {
        errors.invalid(
            FieldPath.STATUS.child("storedVersions").index(i),
            "",
            stored.asText(),
            "missing from spec.versions; "
                + stored.asText()
                + " was previously a storage version,"
                + " and must remain in spec.versions until a storage migration ensures no data"
                + " remains persisted in "
                + stored.asText()
                + " and removes "
                + stored.asText()
                + " from status.storedVersions");
      }
      i++;
    }
  }
}
