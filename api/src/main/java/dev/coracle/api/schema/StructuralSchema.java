package dev.coracle.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaType.Body;
import dev.coracle.api.schema.SchemaType.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compiles the {@code openAPIV3Schema} of a custom resource into the same {@link SchemaType} the
 * built-in kinds have (Kubernetes docs, "Specifying a structural schema"). Value validations are
 * not compiled: the type keeps its node, see {@link SchemaType#constraints()}.
 */
public final class StructuralSchema {

  private static final String PRESERVE = "x-kubernetes-preserve-unknown-fields";
  private static final SchemaType STRING = SchemaType.scalar(Kind.STRING, 0);

  private StructuralSchema() {}

  /**
   * The type of a whole custom resource: {@code apiVersion}, {@code kind} and {@code metadata} are
   * those of every object. A missing schema keeps every field.
   */
  public static SchemaType compile(JsonNode openApiV3Schema, GroupVersionKind gvk) {
    ObjectNode node =
        openApiV3Schema instanceof ObjectNode o ? o : Json.object().put(PRESERVE, true);
    return compile(node, gvk, true);
  }

  /**
   * The type of a value whose schema is a part of a resource's, or is that of a whole one.
   *
   * @param whole whether values have {@code apiVersion}, {@code kind} and {@code metadata} whatever
   *     the schema says
   */
  public static SchemaType compileValue(ObjectNode schema, boolean whole) {
    return compile(schema, null, whole);
  }

  private static SchemaType compile(ObjectNode node, @Nullable GroupVersionKind gvk, boolean root) {
    Kind kind = kind(node);
    ListType listType = SchemaTable.listType(node.path("x-kubernetes-list-type").asText(""));
    List<String> keys = new ArrayList<>();
    node.path("x-kubernetes-list-map-keys").forEach(k -> keys.add(k.asText()));
    boolean atomic =
        kind == Kind.LIST
            ? listType == ListType.ATOMIC
            : node.path("x-kubernetes-map-type").asText("").equals("atomic");
    boolean resource = root || node.path("x-kubernetes-embedded-resource").asBoolean();
    return new SchemaType(
        resource ? Kind.OBJECT : kind,
        gvk == null ? "" : gvk.group() + "." + gvk.version() + "." + gvk.kind(),
        node.path("format").asText("").equals("int32") ? 32 : 64,
        listType,
        List.copyOf(keys),
        atomic,
        true,
        gvk,
        () -> body(node, resource));
  }

  private static Kind kind(ObjectNode node) {
    if (node.path("x-kubernetes-int-or-string").asBoolean()) {
      return Kind.INT_OR_STRING;
    }
    return switch (node.path("type").asText("")) {
      case "object" ->
          node.path("additionalProperties").isObject() && !node.has("properties")
              ? Kind.MAP
              : node.path("additionalProperties").asBoolean() ? Kind.RAW_OBJECT : Kind.OBJECT;
      case "array" -> Kind.LIST;
      case "string" -> Kind.STRING;
      case "integer" -> Kind.INTEGER;
      case "number" -> Kind.NUMBER;
      case "boolean" -> Kind.BOOLEAN;
      default -> node.has("properties") ? Kind.OBJECT : Kind.RAW;
    };
  }

  private static Body body(ObjectNode node, boolean resource) {
    Set<String> required = new HashSet<>();
    node.path("required").forEach(r -> required.add(r.asText()));
    Map<String, SchemaField> fields = new LinkedHashMap<>();
    node.path("properties")
        .forEachEntry((name, child) -> {
          if (child instanceof ObjectNode o) {
            SchemaType type = compile(o, null, false);
            JsonNode value = o.get("default");
            fields.put(
                name,
                new SchemaField(
                    name, type, required.contains(name), "", "", value, WhenEmpty.KEPT));
          }
        });
    if (resource) {
      SchemaType meta = SchemaTable.kubernetes().objectMeta();
      fields.put(
          "apiVersion", new SchemaField("apiVersion", STRING, true, "", "", null, WhenEmpty.KEPT));
      fields.put("kind", new SchemaField("kind", STRING, true, "", "", null, WhenEmpty.KEPT));
      fields.put(
          "metadata", new SchemaField("metadata", meta, false, "", "", null, WhenEmpty.KEPT));
    }
    JsonNode items =
        node.path("type").asText("").equals("array")
            ? node.path("items")
            : node.path("additionalProperties");
    SchemaType element = null;
    boolean preserve = node.path(PRESERVE).asBoolean();
    if (items instanceof ObjectNode o) {
      // A list that keeps what it does not know keeps it in its items too.
      boolean inherited = preserve && node.path("type").asText("").equals("array");
      element = compile(inherited ? o.deepCopy().put(PRESERVE, true) : o, null, false);
    } else if (node.path("type").asText("").equals("array")) {
      element = SchemaType.scalar(Kind.RAW, 0);
    }
    Set<String> enums = new LinkedHashSet<>();
    node.path("enum").forEach(e -> enums.add(e.asText()));
    return new Body(
        Collections.unmodifiableMap(fields),
        element,
        preserve,
        node.path("x-kubernetes-embedded-resource").asBoolean(),
        node.path("nullable").asBoolean(),
        Collections.unmodifiableSet(enums),
        List.of(),
        node);
  }
}
