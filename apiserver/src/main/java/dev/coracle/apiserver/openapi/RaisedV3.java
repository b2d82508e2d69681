package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * An OpenAPI v3 document of one group and version, out of the v2 document of a server that has no
 * other: definitions become components, a body parameter the request's body, and what is said of
 * other parameters and of answers a schema of its own.
 */
final class RaisedV3 {

  private static final String DEFINITIONS = "#/definitions/";
  private static final String SCHEMAS = "#/components/schemas/";
  private static final String JSON = "application/json";

  /** What of a parameter or header is said of its value. */
  private static final List<String> OF_VALUES =
      List.of(
          "type",
          "format",
          "items",
          "default",
          "maximum",
          "exclusiveMaximum",
          "minimum",
          "exclusiveMinimum",
          "maxLength",
          "minLength",
          "pattern",
          "maxItems",
          "minItems",
          "uniqueItems",
          "enum",
          "multipleOf");

  private final ObjectNode v2;

  private RaisedV3(ObjectNode v2) {
    this.v2 = v2;
  }

  /** A new document, which shares nothing with the part. */
  static ObjectNode of(OtherDocuments.Part part) {
    return new RaisedV3(part.document()).document("/apis/" + part.groupVersion() + "/");
  }

  private ObjectNode document(String start) {
    ObjectNode out = Json.object().put("openapi", "3.0.0");
    JsonNode info = v2.path("info");
    out.putObject("info")
        .put("title", info.path("title").asText(""))
        .put("version", info.path("version").asText(""));
    ObjectNode paths = out.putObject("paths");
    for (var path : v2.path("paths").properties()) {
      if ((path.getKey() + "/").startsWith(start)) {
        paths.set(path.getKey(), path(path.getValue()));
      }
    }
    ObjectNode schemas = out.putObject("components").putObject("schemas");
    JsonNode definitions = v2.path("definitions");
    for (String name : reached(paths, definitions)) {
      schemas.set(name, raised(definitions.path(name)));
    }
    return out;
  }

  /** The definitions that the paths lead to. */
  private static Set<String> reached(ObjectNode paths, JsonNode definitions) {
    Set<String> names = new LinkedHashSet<>();
    Deque<JsonNode> open = new ArrayDeque<>(List.of(paths));
    while (!open.isEmpty()) {
      for (JsonNode ref : open.pop().findValues("$ref")) {
        String name = ref.asText("").replace(SCHEMAS, "").replace(DEFINITIONS, "");
        if (definitions.path(name).isObject() && names.add(name)) {
          open.push(definitions.path(name));
        }
      }
    }
    return names;
  }

  private ObjectNode path(JsonNode path) {
    ObjectNode out = Json.object();
    for (var e : path.properties()) {
      if (e.getKey().equals("parameters")) {
        parameters(e.getValue(), out);
      } else if (e.getValue() instanceof ObjectNode operation) {
        out.set(e.getKey(), operation(operation));
      } else {
        out.set(e.getKey(), e.getValue().deepCopy());
      }
    }
    return out;
  }

  private ObjectNode operation(ObjectNode operation) {
    ObjectNode out = Json.object();
    List<String> takes = types(operation, "consumes");
    List<String> gives = types(operation, "produces");
    for (var e : operation.properties()) {
      switch (e.getKey()) {
        case "consumes", "produces", "schemes" -> {}
        case "parameters" -> {
          parameters(e.getValue(), out);
          for (JsonNode parameter : e.getValue()) {
            JsonNode known = known(parameter);
            if (known.path("in").asText("").equals("body")) {
              out.set("requestBody", body(known, takes));
            }
          }
        }
        case "responses" -> {
          ObjectNode responses = out.putObject("responses");
          for (var response : e.getValue().properties()) {
            responses.set(response.getKey(), response(response.getValue(), gives));
          }
        }
        default -> out.set(e.getKey(), e.getValue().deepCopy());
      }
    }
    return out;
  }

  private List<String> types(ObjectNode operation, String field) {
    List<String> out = new ArrayList<>();
    JsonNode own = operation.path(field);
    (own.isArray() ? own : v2.path(field)).forEach(type -> out.add(type.asText()));
    out.removeIf(type -> type.equals("*/*"));
    return out.isEmpty() ? List.of(JSON) : out;
  }

  /** A parameter, or what a reference to one of the whole document says. */
  private JsonNode known(JsonNode parameter) {
    String ref = parameter.path("$ref").asText("");
    return ref.isEmpty()
        ? parameter
        : v2.path("parameters").path(ref.substring(ref.lastIndexOf('/') + 1));
  }

  private void parameters(JsonNode parameters, ObjectNode out) {
    ArrayNode list = Json.array();
    for (JsonNode given : parameters) {
      JsonNode parameter = known(given);
      String in = parameter.path("in").asText("");
      if (in.equals("path") || in.equals("query") || in.equals("header")) {
        list.add(withSchema(parameter));
      }
    }
    if (!list.isEmpty()) {
      out.set("parameters", list);
    }
  }

  private static ObjectNode withSchema(JsonNode value) {
    ObjectNode out = Json.object();
    ObjectNode schema = Json.object();
    for (var e : value.properties()) {
      if (OF_VALUES.contains(e.getKey())) {
        schema.set(e.getKey(), raised(e.getValue()));
      } else if (!e.getKey().equals("collectionFormat") && !e.getKey().equals("allowEmptyValue")) {
        out.set(e.getKey(), e.getValue().deepCopy());
      }
    }
    out.set("schema", schema);
    return out;
  }

  private static ObjectNode body(JsonNode parameter, List<String> types) {
    ObjectNode out = Json.object();
    if (parameter.has("description")) {
      out.set("description", parameter.get("description"));
    }
    out.set("content", content(parameter.path("schema"), types));
    if (parameter.path("required").asBoolean()) {
      out.put("required", true);
    }
    return out;
  }

  private static ObjectNode content(JsonNode schema, List<String> types) {
    ObjectNode out = Json.object();
    types.forEach(type -> out.putObject(type).set("schema", raised(schema)));
    return out;
  }

  private static ObjectNode response(JsonNode response, List<String> types) {
    ObjectNode out = Json.object();
    out.put("description", response.path("description").asText(""));
    for (var header : response.path("headers").properties()) {
      out.withObjectProperty("headers").set(header.getKey(), withSchema(header.getValue()));
    }
    if (response.path("schema").isObject()) {
      out.set("content", content(response.path("schema"), types));
    }
    return out;
  }

  /** A schema, whose references lead to components. */
  private static JsonNode raised(JsonNode node) {
    if (node instanceof ObjectNode object) {
      ObjectNode out = Json.object();
      object.forEachEntry((key, value) -> {
        if (key.equals("$ref") && value.isTextual()) {
          out.put(key, value.asText().replace(DEFINITIONS, SCHEMAS));
        } else {
          out.set(key, raised(value));
        }
      });
      return out;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode out = Json.array();
      array.forEach(item -> out.add(raised(item)));
      return out;
    }
    return node;
  }
}
