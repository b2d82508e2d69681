package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.CelTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Compiles a policy's expressions against the schemas of the kinds it names exactly: what does not
 * fit is a warning, since the policy itself looks at objects without types.
 */
final class TypeChecker {

  /** Upstream's bound. */
  private static final int MOST_KINDS = 10;

  private final Scheme scheme;

  TypeChecker(Scheme scheme) {
    this.scheme = scheme;
  }

  /** The {@code expressionWarnings}. */
  ArrayNode warnings(JsonNode spec) {
    ArrayNode out = Json.array();
    List<ResourceDefinition> kinds = kinds(spec.path("matchConstraints").path("resourceRules"));
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

  private List<ResourceDefinition> kinds(JsonNode rules) {
    List<ResourceDefinition> out = new ArrayList<>();
    for (JsonNode rule : rules) {
      for (JsonNode group : rule.path("apiGroups")) {
        for (JsonNode version : rule.path("apiVersions")) {
          for (JsonNode resource : rule.path("resources")) {
            if (out.size() < MOST_KINDS && resource.asText().indexOf('/') < 0) {
              scheme
                  .resource(
                      new GroupVersionResource(group.asText(), version.asText(), resource.asText()))
                  .ifPresent(out::add);
            }
          }
        }
      }
    }
    return out;
  }

  private static void check(
      List<ResourceDefinition> kinds, JsonNode spec, String text, String field, ArrayNode out) {
    StringBuilder words = new StringBuilder();
    for (ResourceDefinition kind : kinds) {
      try {
        CelTypes types = new CelTypes();
        CelType object =
            types.of(kind.schema(), "kubernetes." + kind.kind().kind(), !kind.builtIn());
        Scope scope =
            new Scope(
                types,
                object,
                spec.hasNonNull("paramKind") ? SimpleType.DYN : null,
                true,
                null,
                false);
        new PolicyVariables(spec.path("variables"), scope)
            .scope()
            .environment()
            .compile(text, Set.of(), "");
      } catch (CelFailure e) {
        words
            .append(words.isEmpty() ? "" : "\n")
            .append(kind.kind())
            .append(": ")
            .append(e.words().replaceFirst("^compilation failed: ", ""))
            .append('\n');
      }
    }
    if (!words.isEmpty()) {
      out.addObject().put("fieldRef", field).put("warning", words.toString());
    }
  }
}
