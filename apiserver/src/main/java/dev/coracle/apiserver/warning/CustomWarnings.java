package dev.coracle.apiserver.warning;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.Formats;
import dev.coracle.api.validation.NameRules;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** What to tell of custom resources, whatever their definition. */
final class CustomWarnings {

  /** What Kubernetes itself puts there. */
  private static final Set<String> STANDARD = Set.of("orphan", "foregroundDeletion", "kubernetes");

  /** What of a schema besides its properties is a schema. */
  private static final List<String> PARTS = List.of("items", "additionalProperties");

  private CustomWarnings() {}

  /**
   * Of finalizers that are new and could be anybody's.
   *
   * @param before missing for a new object
   */
  static void finalizers(JsonNode now, JsonNode before, Consumer<String> to) {
    Set<String> added = names(now);
    added.removeAll(names(before));
    for (String name : added) {
      String of = "metadata.finalizers: \"" + name + "\": ";
      NameRules.qualifiedName(name).forEach(wrong -> to.accept(of + wrong));
      if (name.indexOf('/') < 0 && !STANDARD.contains(name)) {
        to.accept(
            of
                + "prefer a domain-qualified finalizer name"
                + (name.indexOf('.') < 0 ? "" : " including a path (/)")
                + " to avoid accidental conflicts with other finalizer writers");
      }
    }
  }

  /** Of formats that values of the definition's objects will not be held to. */
  static void formats(ObjectNode definition, Consumer<String> to) {
    Set<String> unknown = new LinkedHashSet<>();
    for (JsonNode version : definition.path("spec").path("versions")) {
      formats(version.path("schema").path("openAPIV3Schema"), unknown);
    }
    unknown.forEach(format -> to.accept("unrecognized format \"" + format + "\""));
  }

  /** A schema is no deeper than a document may be. */
  private static void formats(JsonNode schema, Set<String> unknown) {
    String format = schema.path("format").asText("");
    if (!format.isEmpty() && !Formats.isKnown(schema.path("type").asText(""), format)) {
      unknown.add(format);
    }
    schema.path("properties").forEach(property -> formats(property, unknown));
    for (String part : PARTS) {
      if (schema.path(part).isObject()) {
        formats(schema.path(part), unknown);
      }
    }
  }

  private static Set<String> names(JsonNode object) {
    Set<String> out = new TreeSet<>();
    object.path("metadata").path("finalizers").forEach(f -> out.add(f.asText()));
    return out;
  }
}
