package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;

/**
 * The schema of a custom resource with what its author may leave to Kubernetes' extensions of JSON
 * schemas: the fields that whole objects have ({@code x-kubernetes-embedded-resource}), and the two
 * types of {@code x-kubernetes-int-or-string}.
 */
final class CompletedSchema {

  private final Consumer<ObjectNode> fields;

  /**
   * @param fields adds those of every object to the properties of one
   */
  CompletedSchema(Consumer<ObjectNode> fields) {
    this.fields = fields;
  }

  /** Changes the schema, which is the caller's own. */
  void complete(ObjectNode schema) {
    schema.path("properties").forEach(this::below);
    below(schema.path("items"));
    below(schema.path("additionalProperties"));
    if (schema.path("x-kubernetes-int-or-string").asBoolean() && isUntyped(schema)) {
      ArrayNode types = schema.putArray("anyOf");
      types.addObject().put("type", "integer");
      types.addObject().put("type", "string");
    }
    if (schema.path("x-kubernetes-embedded-resource").asBoolean()) {
      fields.accept(schema.withObjectProperty("properties"));
      ArrayNode required = schema.withArrayProperty("required");
      for (String field : new String[] {"kind", "apiVersion"}) {
        if (!contains(required, field)) {
          required.add(field);
        }
      }
    }
  }

  private void below(JsonNode child) {
    if (child instanceof ObjectNode schema) {
      complete(schema);
    }
  }

  private static boolean isUntyped(ObjectNode schema) {
    return !schema.has("type") && !schema.has("anyOf") && !schema.has("allOf");
  }

  private static boolean contains(ArrayNode list, String text) {
    for (JsonNode one : list) {
      if (one.asText().equals(text)) {
        return true;
      }
    }
    return false;
  }
}
