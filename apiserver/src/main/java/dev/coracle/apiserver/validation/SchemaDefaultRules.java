package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.StructuralSchema;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.SchemaValidator;
import dev.coracle.apiserver.internal.crd.ValidationRules;
import dev.coracle.cel.Budget;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Whether the defaults in a structural schema are values that the schema would take (Kubernetes
 * docs, "Defaulting"): of the right type, without unknown fields, in accord with their rules, and
 * valid metadata where they become metadata. Schemas below {@code additionalProperties} are not
 * looked at, as upstream does not.
 */
final class SchemaDefaultRules {

  private static final String OPEN = "x-kubernetes-preserve-unknown-fields";

  private final boolean pruned;
  private final FieldErrors errors;
  private final Budget budget = new Budget();
  private boolean spent;

  private SchemaDefaultRules(boolean pruned, FieldErrors errors) {
    this.pruned = pruned;
    this.errors = errors;
  }

  /**
   * @param pruned whether unknown fields are an error
   */
  static void check(JsonNode root, FieldPath path, boolean pruned, FieldErrors errors) {
    new SchemaDefaultRules(pruned, errors)
        .node(root, path, new Place(root, false, UnaryOperator.identity()), true);
  }

  /**
   * Where a schema stands.
   *
   * @param object the schema of the innermost whole object around it
   * @param insideMeta whether it is one of {@code apiVersion}, {@code kind} and {@code metadata} of
   *     that object, or below
   * @param around puts a value of it into such an object
   */
  private record Place(JsonNode object, boolean insideMeta, UnaryOperator<JsonNode> around) {

    Place item() {
      return new Place(object, insideMeta, v -> around.apply(Json.array().add(v)));
    }

    Place field(String name, boolean whole) {
      boolean meta = insideMeta || whole && EmbeddedResourceRules.FIELDS.contains(name);
      return new Place(object, meta, v -> around.apply(Json.object().set(name, v)));
    }
  }

  private static boolean is(JsonNode schema, String flag) {
    return schema.path(flag).asBoolean();
  }

  private void node(JsonNode schema, FieldPath path, Place place, boolean root) {
    boolean whole = root || is(schema, EmbeddedResourceRules.FLAG);
    Place here = whole ? new Place(schema, false, UnaryOperator.identity()) : place;
    if (Nodes.set(schema, "default") && schema instanceof ObjectNode node && !spent) {
      value(node, path.child("default"), here, whole, root);
    }
    if (schema.path("items").isObject()) {
      node(schema.path("items"), path.child("items"), here.item(), false);
    }
    schema
        .path("properties")
        .forEachEntry((name, field) ->
            node(field, path.child("properties").key(name), here.field(name, whole), false));
  }

  private void value(ObjectNode schema, FieldPath at, Place place, boolean whole, boolean root) {
    JsonNode value = schema.path("default");
    if (place.insideMeta) {
      FieldErrors meta = new FieldErrors();
      if (!EmbeddedResourceRules.check(
          surrounded(value, place), place.object, true, FieldPath.ROOT, meta)) {
        errors.invalid(at, "", value, "must result in valid metadata: " + show(meta));
        return;
      }
    } else {
      if (pruned && hasUnknown(value, schema, whole, false)) {
        errors.invalid(at, "", value, "must not have unknown fields");
      }
      if (!EmbeddedResourceRules.check(value, schema, whole, at, errors)) {
        return;
      }
    }
    SchemaType type = StructuralSchema.compileValue(schema, root);
    FieldErrors found = new FieldErrors();
    SchemaValidator.validate(type, value, null, found);
    // Whether a list is a set or a map, upstream asks of objects only.
    found.causes().removeIf(c -> c.type().equals(StatusCause.DUPLICATE));
    if (!found.isEmpty()) {
      add(at, found, true);
    } else if (ValidationRules.in(schema)) {
      rules(type, value, root, at);
    }
  }

  /** Rules that do not compile are an error of their own, told where they stand. */
  private void rules(SchemaType type, JsonNode value, boolean root, FieldPath at) {
    FieldErrors compiling = new FieldErrors();
    ValidationRules rules = ValidationRules.compile(type, root, FieldPath.ROOT, compiling);
    if (compiling.isEmpty()) {
      FieldErrors found = new FieldErrors();
      spent = !rules.checkDefault(value, budget, found);
      add(at, found, false);
    }
  }

  private static JsonNode surrounded(JsonNode value, Place place) {
    JsonNode out = place.around.apply(value);
    if (out instanceof ObjectNode object) {
      object.putIfAbsent("apiVersion", Json.NODES.textNode("validation/v1"));
      object.putIfAbsent("kind", Json.NODES.textNode("Validation"));
    }
    return out;
  }

  /** As Go shows a list of errors. */
  private static String show(FieldErrors errors) {
    String all =
        errors.causes().stream()
            .map(c -> c.field() + ": " + c.message())
            .distinct()
            .collect(Collectors.joining(", "));
    return errors.causes().size() == 1 ? all : "[" + all + "]";
  }

  /**
   * @param dotted whether what is wrong with an item is at {@code default.[0]}, as upstream has it
   *     for all but rules
   */
  private void add(FieldPath at, FieldErrors found, boolean dotted) {
    for (StatusCause c : found.causes()) {
      String field = c.field();
      String dot = field.isEmpty() || !dotted && field.startsWith("[") ? "" : ".";
      errors.causes().add(new StatusCause(c.type(), c.message(), at + dot + field));
    }
  }

  /** Whether any default in a schema has fields that would be dropped. */
  static boolean hasUnknown(JsonNode schema) {
    return hasUnknown(schema, true, false);
  }

  private static boolean hasUnknown(JsonNode schema, boolean root, boolean insideMeta) {
    boolean whole = root || is(schema, EmbeddedResourceRules.FLAG);
    boolean inside = insideMeta && !whole;
    if (!inside
        && Nodes.set(schema, "default")
        && hasUnknown(schema.path("default"), schema, whole, false)) {
      return true;
    }
    if (schema.path("items").isObject() && hasUnknown(schema.path("items"), false, inside)) {
      return true;
    }
    for (var e : schema.path("properties").properties()) {
      boolean meta = inside || whole && EmbeddedResourceRules.FIELDS.contains(e.getKey());
      if (hasUnknown(e.getValue(), false, meta)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether something of a value would be dropped. Below {@code additionalProperties} without a
   * schema that is every field, as upstream.
   *
   * @param whole whether the value is a whole object, whatever its schema says
   * @param open whether unknown fields are kept, whatever its schema says
   */
  private static boolean hasUnknown(JsonNode value, JsonNode schema, boolean whole, boolean open) {
    boolean keeps = open || is(schema, OPEN);
    boolean embedded = whole || is(schema, EmbeddedResourceRules.FLAG);
    if (value instanceof ObjectNode object) {
      for (var e : object.properties()) {
        if (embedded && EmbeddedResourceRules.FIELDS.contains(e.getKey())) {
          continue;
        }
        JsonNode field = schema.path("properties").path(e.getKey());
        boolean other = Nodes.set(schema, "additionalProperties");
        if (field.isObject() || other
            ? hasUnknown(
                e.getValue(),
                field.isObject() ? field : schema.path("additionalProperties"),
                false,
                false)
            : !keeps) {
          return true;
        }
      }
    } else if (value instanceof ArrayNode list) {
      for (JsonNode item : list) {
        if (hasUnknown(item, schema.path("items"), false, keeps)) {
          return true;
        }
      }
    }
    return false;
  }
}
