package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Encodes an OpenAPI v2 document as protobuf, in the messages of the gnostic project ({@code
 * openapi.v2.Document}), which Go clients ask for. What this server's documents never contain is
 * not encoded.
 */
final class GnosticEncoder {

  static final String CONTENT_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

  private GnosticEncoder() {}

  static byte[] encode(JsonNode document) {
    ProtoBytes out = new ProtoBytes();
    out.text(1, document.path("swagger").asText());
    ProtoBytes info = new ProtoBytes();
    info.text(1, document.path("info").path("title").asText());
    info.text(2, document.path("info").path("version").asText());
    out.message(2, info);
    ProtoBytes paths = new ProtoBytes();
    document.path("paths").forEachEntry((name, path) -> paths.message(2, named(name, path(path))));
    out.message(8, paths);
    ProtoBytes definitions = new ProtoBytes();
    document
        .path("definitions")
        .forEachEntry((name, schema) -> definitions.message(1, named(name, schema(schema))));
    out.message(9, definitions);
    return out.bytes();
  }

  private static ProtoBytes named(String name, ProtoBytes value) {
    ProtoBytes out = new ProtoBytes();
    out.text(1, name);
    out.message(2, value);
    return out;
  }

  private static ProtoBytes path(JsonNode path) {
    ProtoBytes out = new ProtoBytes();
    String[] methods = {"get", "put", "post", "delete", "options", "head", "patch"};
    for (int i = 0; i < methods.length; i++) {
      if (path.has(methods[i])) {
        out.message(i + 2, operation(path.get(methods[i])));
      }
    }
    path.path("parameters").forEach(p -> out.message(9, parameter(p)));
    return out;
  }

  private static ProtoBytes operation(JsonNode operation) {
    ProtoBytes out = new ProtoBytes();
    operation.path("tags").forEach(t -> out.text(1, t.asText()));
    out.text(3, operation.path("description").asText(""));
    out.text(5, operation.path("operationId").asText(""));
    operation.path("produces").forEach(t -> out.text(6, t.asText()));
    operation.path("consumes").forEach(t -> out.text(7, t.asText()));
    operation.path("parameters").forEach(p -> out.message(8, parameter(p)));
    ProtoBytes responses = new ProtoBytes();
    operation
        .path("responses")
        .forEachEntry((code, r) -> responses.message(1, named(code, response(r))));
    out.message(9, responses);
    extensions(operation, 13, out);
    return out;
  }

  private static ProtoBytes response(JsonNode response) {
    ProtoBytes content = new ProtoBytes();
    content.text(1, response.path("description").asText(""));
    if (response.has("schema")) {
      ProtoBytes item = new ProtoBytes();
      item.message(1, schema(response.get("schema")));
      content.message(2, item);
    }
    ProtoBytes out = new ProtoBytes();
    out.message(1, content);
    return out;
  }

  private static ProtoBytes parameter(JsonNode p) {
    ProtoBytes content = new ProtoBytes();
    ProtoBytes parameter = new ProtoBytes();
    boolean required = p.path("required").asBoolean();
    String in = p.path("in").asText("");
    if (in.equals("body")) {
      content.text(2, p.path("name").asText(""));
      content.text(3, in);
      content.flag(4, required);
      content.message(5, schema(p.path("schema")));
      parameter.message(1, content);
    } else {
      boolean query = in.equals("query");
      content.flag(1, required);
      content.text(2, in);
      content.text(4, p.path("name").asText(""));
      content.text(query ? 6 : 5, p.path("type").asText(""));
      content.flag(query ? 20 : 19, p.path("uniqueItems").asBoolean());
      ProtoBytes kind = new ProtoBytes();
      kind.message(query ? 3 : 4, content);
      parameter.message(2, kind);
    }
    ProtoBytes out = new ProtoBytes();
    out.message(1, parameter);
    return out;
  }

  private static ProtoBytes schema(JsonNode s) {
    ProtoBytes out = new ProtoBytes();
    out.text(1, s.path("$ref").isTextual() ? s.path("$ref").asText() : "");
    out.text(2, s.path("format").asText(""));
    out.text(3, s.path("title").asText(""));
    out.text(4, s.path("description").asText(""));
    if (s.has("default")) {
      out.message(5, any(s.get("default")));
    }
    out.number(11, s.path("maxLength").asLong(0));
    out.number(12, s.path("minLength").asLong(0));
    out.text(13, s.path("pattern").asText(""));
    out.number(14, s.path("maxItems").asLong(0));
    out.number(15, s.path("minItems").asLong(0));
    s.path("required").forEach(r -> out.text(19, r.asText()));
    s.path("enum").forEach(e -> out.message(20, any(e)));
    JsonNode additional = s.path("additionalProperties");
    if (additional.isObject() || additional.isBoolean()) {
      ProtoBytes item = new ProtoBytes();
      if (additional.isObject()) {
        item.message(1, schema(additional));
      } else {
        item.flag(2, additional.asBoolean());
      }
      out.message(21, item);
    }
    if (s.path("type").isTextual()) {
      ProtoBytes type = new ProtoBytes();
      type.text(1, s.path("type").asText());
      out.message(22, type);
    }
    if (s.path("items").isObject()) {
      ProtoBytes items = new ProtoBytes();
      items.message(1, schema(s.get("items")));
      out.message(23, items);
    }
    if (s.path("properties").isObject()) {
      ProtoBytes properties = new ProtoBytes();
      s.path("properties")
          .forEachEntry((name, child) -> properties.message(1, named(name, schema(child))));
      out.message(25, properties);
    }
    extensions(s, 31, out);
    return out;
  }

  private static void extensions(JsonNode node, int field, ProtoBytes out) {
    node.forEachEntry((name, value) -> {
      if (name.startsWith("x-")) {
        out.message(field, named(name, any(value)));
      }
    });
  }

  /** Values of no fixed type travel as YAML, of which JSON is a part. */
  private static ProtoBytes any(JsonNode value) {
    ProtoBytes out = new ProtoBytes();
    out.text(2, value + "\n");
    return out;
  }
}
