package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.CelTypes;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compiles a policy's expressions against the schemas of the kinds it names exactly: what does not
 * fit is a warning, since the policy itself looks at objects without types.
 */
final class TypeChecker {

  /** Upstream's bound. */
  private static final int MOST_KINDS = 10;

  private static final Comparator<ResourceDefinition> ORDER =
      Comparator.<ResourceDefinition, String>comparing(r -> r.kind().group())
          .thenComparing(r -> r.kind().version())
          .thenComparing(r -> r.kind().kind());

  private final Scheme scheme;

  TypeChecker(Scheme scheme) {
    this.scheme = scheme;
  }

  /** The {@code expressionWarnings}. */
  ArrayNode warnings(JsonNode spec) {
    ArrayNode out = Json.array();
    Set<ResourceDefinition> kinds = kinds(spec.path("matchConstraints").path("resourceRules"));
    int i = 0;
    for (JsonNode v : spec.path("validations")) {
      String field = "spec.validations[" + i++ + "].";
      check(kinds, spec, v.path("expression").asText(""), field + "expression", out);
      String message = v.path("messageExpression").asText("");
      if (!message.isBlank()) {
        check(kinds, spec, message, field + "messageExpression", out);
      }
    }
    return out;
  }

  /**
   * In the order of their groups, versions and kinds. A rule that names any group or any version by
   * {@code *} names none for this; so does a resource with a {@code *}, or a subresource.
   */
  private Set<ResourceDefinition> kinds(JsonNode rules) {
    Set<ResourceDefinition> out = new TreeSet<>(ORDER);
    for (JsonNode rule : rules) {
      int found = 0;
      for (String group : exact(rule.path("apiGroups"))) {
        for (String version : exact(rule.path("apiVersions"))) {
          for (String resource : texts(rule.path("resources"))) {
            for (ResourceDefinition kind : named(group, version, resource)) {
              out.add(kind);
              if (++found == MOST_KINDS) {
                return out;
              }
            }
          }
        }
      }
    }
    return out;
  }

  /** Empty where one of them stands for many. */
  private static SortedSet<String> exact(JsonNode list) {
    SortedSet<String> out = texts(list);
    return out.stream().anyMatch(text -> text.indexOf('*') >= 0) ? new TreeSet<>() : out;
  }

  private static SortedSet<String> texts(JsonNode list) {
    SortedSet<String> out = new TreeSet<>();
    list.forEach(item -> out.add(item.asText("")));
    return out;
  }

  /**
   * An empty group is every group that has the version and the resource, as upstream looks it up.
   */
  private List<ResourceDefinition> named(String group, String version, String resource) {
    if (!group.isEmpty()) {
      return scheme.resource(group, version, resource).stream().toList();
    }
    return scheme.resources().stream()
        .filter(r -> r.gvr().version().equals(version) && r.gvr().resource().equals(resource))
        .toList();
  }

  /** The type of {@code params}: any where the schema of its kind is not known. */
  private @Nullable CelType params(JsonNode spec, CelTypes types) {
    JsonNode kind = spec.path("paramKind");
    if (!kind.isObject()) {
      return null;
    }
    return scheme
        .kind(GroupVersionKind.of(kind.path("apiVersion").asText(""), kind.path("kind").asText("")))
        .map(found -> type(found, "kubernetes.params.", types))
        .orElse(SimpleType.DYN);
  }

  private static CelType type(ResourceDefinition of, String prefix, CelTypes types) {
    return types.of(of.schema(), prefix + of.kind().kind(), !of.builtIn());
  }

  private void check(
      Set<ResourceDefinition> kinds, JsonNode spec, String text, String field, ArrayNode out) {
    StringBuilder words = new StringBuilder();
    for (ResourceDefinition kind : kinds) {
      try {
        CelTypes types = new CelTypes();
        CelType object = type(kind, "kubernetes.", types);
        Scope scope = new Scope(types, object, params(spec, types), true, null, false);
        new PolicyVariables(spec.path("variables"), scope)
            .scope()
            .environment()
            .compile(text, Set.of(), "");
      } catch (CelFailure e) {
        words
            .append(words.isEmpty() ? "" : "\n")
            .append(kind.kind().group() + "/" + kind.kind().version())
            .append(", Kind=" + kind.kind().kind() + ": ")
            .append(e.words().replaceFirst("^compilation failed: ", ""))
            .append('\n');
      }
    }
    if (!words.isEmpty()) {
      out.addObject().put("fieldRef", field).put("warning", words.toString());
    }
  }
}
