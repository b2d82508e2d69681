package dev.coracle.apiserver.internal.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.Optional;

/**
 * A JSON path of fields and keys, such as {@code .spec.labels['a.b']}, followed through a schema
 * (Kubernetes docs, "Validation rules", {@code fieldPath}).
 *
 * @param shown in the form of the paths of errors: {@code spec.labels[a.b]}
 * @param schema of the value it leads to
 * @param problem why it leads nowhere, in upstream's words; empty where it does not
 */
public record SchemaPath(String shown, JsonNode schema, String problem) {

  private static final String NO_FIELD = "does not refer to a valid field";
  private static final String ENDED = "unexpected end of JSON path";
  private static final String ESCAPES = "abfnrtv'\\";
  private static final String ESCAPED = "\u0007\b\f\n\r\t\u000b'\\";

  public boolean isValid() {
    return problem.isEmpty();
  }

  /** Its first step. */
  public String root() {
    return shown.split("[.\\[]", 2)[0];
  }

  /**
   * @param keyed whether {@code ['key']} is allowed
   */
  public static SchemaPath of(String path, JsonNode schema, boolean keyed) {
    return new Walk(path, schema, keyed).toEnd();
  }

  /** One walk from the schema down; confined to one thread. */
  private static final class Walk {

    private final String path;
    private final boolean keyed;
    private final StringBuilder shown = new StringBuilder();
    private JsonNode schema;
    private int at;
    private String token = "";

    Walk(String path, JsonNode schema, boolean keyed) {
      this.path = path;
      this.schema = schema;
      this.keyed = keyed;
    }

    SchemaPath toEnd() {
      String problem = "";
      while (problem.isEmpty() && next()) {
        problem =
            switch (token) {
              case "." -> next() ? step(token) : ENDED;
              case "[" -> keyed ? key() : "array notation is not allowed";
              default -> "expected [ or . but got: " + token;
            };
      }
      return new SchemaPath(shown.toString(), schema, problem);
    }

    /** Dots and brackets are tokens, and what is between them; a text in quotes may have them. */
    private boolean next() {
      if (at >= path.length()) {
        return false;
      }
      int begin = at;
      if (path.charAt(at) == '\'') {
        at++;
        while (at < path.length() && !(path.charAt(at) == '\'' && path.charAt(at - 1) != '\\')) {
          at++;
        }
        at = Math.min(at + 1, path.length());
      } else if (isDelimiter(path.charAt(at))) {
        at++;
      } else {
        while (at < path.length() && !isDelimiter(path.charAt(at))) {
          at++;
        }
      }
      token = path.substring(begin, at);
      return true;
    }

    private static boolean isDelimiter(char c) {
      return c == '.' || c == '[' || c == ']';
    }

    private String key() {
      if (!next()) {
        return ENDED;
      }
      if (token.length() < 2 || !token.startsWith("'") || !token.endsWith("'")) {
        return "expected single quoted string but got " + token;
      }
      Optional<String> name = unquoted(token.substring(1, token.length() - 1));
      if (name.isEmpty()) {
        return "invalid string literal: invalid escape char";
      }
      String problem = step(name.get());
      if (!problem.isEmpty()) {
        return problem;
      }
      if (!next()) {
        return ENDED;
      }
      return token.equals("]") ? "" : "expected ] but got " + token;
    }

    private static Optional<String> unquoted(String text) {
      StringBuilder out = new StringBuilder();
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c == '\\' && i + 1 < text.length()) {
          int escape = ESCAPES.indexOf(text.charAt(++i));
          if (escape < 0) {
            return Optional.empty();
          }
          c = ESCAPED.charAt(escape);
        }
        out.append(c);
      }
      return Optional.of(out.toString());
    }

    private String step(String name) {
      if (schema.path("properties") instanceof ObjectNode fields && !fields.isEmpty()) {
        if (!fields.path(name).isObject()) {
          return NO_FIELD;
        }
        shown.append(shown.isEmpty() ? "" : ".").append(name);
        schema = fields.path(name);
        return "";
      }
      if (!schema.hasNonNull("additionalProperties")) {
        return NO_FIELD;
      }
      shown.append('[').append(name).append(']');
      JsonNode values = schema.path("additionalProperties");
      schema = values.isObject() ? values : Json.object();
      return "";
    }
  }
}
