package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ListType;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaTable;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.SchemaUnion;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Collects the schemas of one document: what is asked for by {@link #ref} and everything it refers
 * to. Used once, by one thread.
 */
final class OpenApiSchemas {

  private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
  private static final String QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity";
  private static final String INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
  private static final String TIME = META + "Time";
  private static final String MICRO_TIME = META + "MicroTime";

  /** What every kind has is described the same way everywhere. */
  private static final String ANY_KIND = "io.k8s.api.core.v1.Pod";

  private static final String METADATA = "Standard object's metadata.";

  private static final Set<String> V2_KEYWORDS =
      Set.of(
          "type",
          "format",
          "description",
          "properties",
          "items",
          "additionalProperties",
          "required",
          "enum",
          "default",
          "minimum",
          "maximum",
          "minLength",
          "maxLength",
          "pattern",
          "minItems",
          "maxItems",
          "uniqueItems",
          "minProperties",
          "maxProperties",
          "multipleOf",
          "title");

  private final OpenApiVersion version;
  private final Descriptions descriptions;
  private final EnumValues enums = new EnumValues();
  private final SchemaTable table = SchemaTable.kubernetes();
  private final TreeMap<String, ObjectNode> done = new TreeMap<>();
  private final Deque<SchemaType> pending = new ArrayDeque<>();

  OpenApiSchemas(OpenApiVersion version, Descriptions descriptions) {
    this.version = version;
    this.descriptions = descriptions;
  }

  /** All schemas by name, in alphabetical order. */
  ObjectNode all() {
    for (SchemaType type = pending.poll(); type != null; type = pending.poll()) {
      done.put(type.name(), definition(type));
    }
    ObjectNode out = Json.object();
    out.setAll(done);
    return out;
  }

  /** A reference to a definition of the table. */
  ObjectNode ref(String definition) {
    SchemaType type = table.require(definition);
    if (type.name().isEmpty()) {
      done.computeIfAbsent(definition, this::scalar);
      return reference(definition);
    }
    return ref(type);
  }

  private ObjectNode reference(String definition) {
    return Json.object().put("$ref", version.ref(definition));
  }

  private ObjectNode ref(SchemaType type) {
    if (!done.containsKey(type.name())) {
      done.put(type.name(), Json.object());
      pending.add(type);
    }
    return reference(type.name());
  }

  /** One object of this resource. */
  ObjectNode object(ResourceDefinition resource) {
    return resource.builtIn() ? ref(resource.schema()) : custom(resource);
  }

  /** The kind of a subresource or a list; null where the table has none. */
  @Nullable ObjectNode kind(GroupVersionKind kind) {
    SchemaType type = table.definition(kind);
    return type == null ? null : ref(type);
  }

  /** A collection of this resource. */
  ObjectNode list(ResourceDefinition resource) {
    ObjectNode known = resource.builtIn() ? kind(resource.listGvk()) : null;
    if (known != null) {
      return known;
    }
    String name = customName(resource.kind()) + "List";
    if (!done.containsKey(name)) {
      ObjectNode out = Json.object();
      describe(out, resource.listKind() + " is a list of " + resource.kind().kind());
      out.put("type", "object");
      ObjectNode properties = out.putObject("properties");
      common(properties, "apiVersion");
      common(properties, "kind");
      ObjectNode items = properties.putObject("items");
      describe(items, "List of " + resource.gvr().resource() + ".");
      items.put("type", "array").set("items", object(resource));
      properties.set("metadata", wrap(ref(META + "ListMeta"), "Standard list metadata."));
      out.putArray("required").add("items");
      kinds(out, resource.listGvk());
      done.put(name, out);
    }
    return reference(name);
  }

  private ObjectNode custom(ResourceDefinition resource) {
    String name = customName(resource.kind());
    ObjectNode source = resource.custom();
    if (!done.containsKey(name) && source != null) {
      JsonNode given = source.path("schema").path("openAPIV3Schema");
      ObjectNode schema = Json.object();
      // With properties, kubectl would take all others of version 2 for forbidden.
      boolean open = version == OpenApiVersion.V2 && preservesUnknown(given);
      if (given instanceof ObjectNode object && !open) {
        ObjectNode own = object.deepCopy();
        if (version == OpenApiVersion.V3) {
          new CompletedSchema(this::ofEveryObject).complete(own);
        }
        schema = version == OpenApiVersion.V2 ? simplified(own) : own;
      }
      schema.put("type", "object");
      if (!open) {
        ofEveryObject(schema.withObjectProperty("properties"));
      }
      kinds(schema, resource.kind());
      selectable(schema, resource.selectableFields());
      done.put(name, schema);
    }
    return reference(name);
  }

  private static void selectable(ObjectNode schema, List<String> fields) {
    if (!fields.isEmpty()) {
      ArrayNode list = schema.putArray("x-kubernetes-selectable-fields");
      fields.forEach(field -> list.addObject().put("fieldPath", field));
    }
  }

  private void ofEveryObject(ObjectNode properties) {
    common(properties, "apiVersion");
    common(properties, "kind");
    properties.set("metadata", wrap(ref(META + "ObjectMeta"), METADATA));
  }

  private void common(ObjectNode properties, String field) {
    describe(properties.putObject(field), descriptions.of(ANY_KIND, field));
    ((ObjectNode) properties.get(field)).put("type", "string");
  }

  /** {@code com.example.stable.v1.CronTab}. */
  private static String customName(GroupVersionKind kind) {
    List<String> parts = java.util.Arrays.asList(kind.group().split("\\."));
    Collections.reverse(parts);
    return String.join(".", parts) + "." + kind.version() + "." + kind.kind();
  }

  /** Version 2 has no oneOf, no nullable and no free-form parts below a type. */
  private static ObjectNode simplified(ObjectNode schema) {
    ObjectNode out = Json.object();
    schema.forEachEntry((key, value) -> {
      if (key.equals("properties") && value instanceof ObjectNode properties) {
        ObjectNode p = out.putObject("properties");
        properties.forEachEntry((name, child) -> {
          if (child instanceof ObjectNode c) {
            p.set(name, simplified(c));
          }
        });
      } else if (value instanceof ObjectNode o
          && (key.equals("items") || key.equals("additionalProperties"))) {
        out.set(key, simplified(o));
      } else if (V2_KEYWORDS.contains(key) || key.startsWith("x-kubernetes-")) {
        out.set(key, value.deepCopy());
      }
    });
    if (out.get("required") instanceof ArrayNode required) {
      required.removeIf(f -> isNullable(schema.path("properties").path(f.asText())));
      if (required.isEmpty()) {
        out.remove("required");
      }
    }
    if (preservesUnknown(schema) || isNullable(schema)) {
      // kubectl takes a type for all that there may be.
      out.remove(List.of("type", "properties", "additionalProperties", "items"));
    }
    return out;
  }

  private static boolean preservesUnknown(JsonNode schema) {
    return schema.path("x-kubernetes-preserve-unknown-fields").asBoolean();
  }

  private static boolean isNullable(JsonNode schema) {
    return schema.path("nullable").asBoolean();
  }

  private ObjectNode definition(SchemaType type) {
    ObjectNode out = Json.object();
    describe(out, descriptions.of(type.name(), ""));
    out.put("type", "object");
    if (!type.fields().isEmpty()) {
      ObjectNode properties = out.putObject("properties");
      ArrayNode required = Json.array();
      for (SchemaField field : type.fields().values()) {
        properties.set(field.name(), field(type, field));
        if (field.required()) {
          required.add(field.name());
        }
      }
      if (!required.isEmpty()) {
        out.set("required", required);
      }
    }
    if (type.atomic()) {
      out.put("x-kubernetes-map-type", "atomic");
    }
    GroupVersionKind gvk = type.gvk();
    if (gvk != null) {
      kinds(out, gvk);
    }
    unions(out, type.unions());
    return out;
  }

  private ObjectNode field(SchemaType owner, SchemaField field) {
    SchemaType type = field.type();
    String text = describe(owner, field);
    ObjectNode out = type(type);
    List<String> values = enums.of(owner.name(), field.name());
    if (type.kind() == SchemaType.Kind.STRING) {
      text = EnumValues.describe(text, values);
    }
    if (!values.isEmpty()) {
      ArrayNode list =
          switch (type.kind()) {
            case LIST -> out.withObjectProperty("items").putArray("enum");
            case MAP -> out.withObjectProperty("additionalProperties").putArray("enum");
            default -> out.putArray("enum");
          };
      values.forEach(list::add);
    }
    if (out.has("$ref")) {
      out = wrap(out, text);
    } else {
      describe(out, text);
    }
    JsonNode value = field.defaultValue();
    if (value != null) {
      out.set("default", value);
    }
    if (!field.patchStrategy().isEmpty()) {
      out.put("x-kubernetes-patch-strategy", field.patchStrategy());
    }
    if (!field.mergeKey().isEmpty()) {
      out.put("x-kubernetes-patch-merge-key", field.mergeKey());
    }
    return out;
  }

  /**
   * Where a field refers to a definition and has no text, the definition's own says more than
   * nothing.
   */
  private String describe(SchemaType owner, SchemaField field) {
    String text = descriptions.of(owner.name(), field.name());
    String type = field.type().name();
    if (!text.isEmpty() || type.isEmpty()) {
      return text;
    }
    return type.equals(META + "ObjectMeta") ? METADATA : descriptions.of(type, "");
  }

  /** A reference may have no neighbours in version 3. */
  private ObjectNode wrap(ObjectNode reference, String text) {
    ObjectNode out = reference;
    if (version == OpenApiVersion.V3) {
      out = Json.object();
      out.putArray("allOf").add(reference);
    }
    describe(out, text);
    return out;
  }

  private ObjectNode type(SchemaType type) {
    ObjectNode out = Json.object();
    return switch (type.kind()) {
      case OBJECT -> ref(type);
      case MAP -> {
        out.put("type", "object").set("additionalProperties", type(type.item()));
        if (type.atomic()) {
          out.put("x-kubernetes-map-type", "atomic");
        }
        yield out;
      }
      case LIST -> {
        out.put("type", "array").set("items", type(type.item()));
        if (type.listType() == ListType.MAP) {
          ArrayNode keys = out.putArray("x-kubernetes-list-map-keys");
          type.mapKeys().forEach(keys::add);
        }
        yield out.put(
            "x-kubernetes-list-type", type.listType().name().toLowerCase(java.util.Locale.ROOT));
      }
      case STRING -> out.put("type", "string");
      case BYTES -> out.put("type", "string").put("format", "byte");
      case INTEGER -> out.put("type", "integer").put("format", "int" + type.bits());
      case NUMBER -> out.put("type", "number").put("format", "double");
      case BOOLEAN -> out.put("type", "boolean");
      case RAW_OBJECT -> out.put("type", "object");
      case RAW -> out;
      case INT_OR_STRING -> ref(INT_OR_STRING);
      case QUANTITY -> ref(QUANTITY);
      case TIME -> ref(TIME);
      case MICRO_TIME -> ref(MICRO_TIME);
    };
  }

  private ObjectNode scalar(String definition) {
    ObjectNode out = Json.object();
    describe(out, descriptions.of(definition, ""));
    boolean v3 = version == OpenApiVersion.V3;
    switch (definition) {
      case TIME, MICRO_TIME -> out.put("type", "string").put("format", "date-time");
      case QUANTITY -> {
        if (v3) {
          oneOf(out, "string", "number");
        } else {
          out.put("type", "string");
        }
      }
      case INT_OR_STRING -> {
        if (v3) {
          oneOf(out, "integer", "string");
        } else {
          out.put("type", "string");
        }
        out.put("format", "int-or-string");
      }
      default -> out.put("type", "object");
    }
    return out;
  }

  private static void oneOf(ObjectNode out, String first, String second) {
    ArrayNode types = out.putArray("oneOf");
    types.addObject().put("type", first);
    types.addObject().put("type", second);
  }

  private static void describe(ObjectNode out, String text) {
    if (!text.isEmpty()) {
      out.put("description", text);
    }
  }

  static void kinds(ObjectNode out, GroupVersionKind kind) {
    out.putArray("x-kubernetes-group-version-kind").add(kind(kind, Json.object()));
  }

  static ObjectNode kind(GroupVersionKind kind, ObjectNode out) {
    return out.put("group", kind.group()).put("kind", kind.kind()).put("version", kind.version());
  }

  private static void unions(ObjectNode out, List<SchemaUnion> unions) {
    if (unions.isEmpty()) {
      return;
    }
    ArrayNode list = out.putArray("x-kubernetes-unions");
    for (SchemaUnion union : unions) {
      ObjectNode node = list.addObject();
      if (!union.discriminator().isEmpty()) {
        node.put("discriminator", union.discriminator());
      }
      ObjectNode fields = node.putObject("fields-to-discriminateBy");
      new TreeMap<>(union.fields()).forEach(fields::put);
    }
  }
}
