package dev.coracle.apiserver.internal.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.validation.Validator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a conversion webhook may make of an object: all but its kind and its metadata, of which
 * labels and annotations alone may change. The words are upstream's, for one object and for one of
 * a list.
 */
final class ConvertedObject {

  private final KubeObject before;
  private final String at;

  /**
   * @param index negative for an object that is alone
   */
  ConvertedObject(KubeObject before, int index) {
    this.before = before;
    this.at = index < 0 ? "" : " at index " + index;
  }

  KubeObject of(JsonNode answered, GroupVersionKind to) {
    if (!(answered instanceof ObjectNode converted)) {
      throw StatusException.of(
          StatusReason.UNKNOWN,
          answered.isNull()
              ? "unexpected end of JSON input"
              : "json: cannot unmarshal "
                  + (answered.isArray() ? "array" : go(answered))
                  + " into Go value of type map[string]interface {}");
    }
    if (converted.path("kind").asText("").isEmpty()) {
      throw StatusException.of(
          StatusReason.UNKNOWN, "Object 'Kind' is missing in '" + converted + "'");
    }
    same("groupVersion", to.apiVersion(), converted.path("apiVersion").asText(""));
    same("kind", before.kind(), converted.path("kind").asText(""));
    kept("name", "name", converted);
    kept("namespace", "namespace", converted);
    kept("uid", "UID", converted);
    ObjectNode out = converted.deepCopy();
    out.set("metadata", metadata(converted.get("metadata")));
    return KubeObject.of(out);
  }

  private void same(String what, String expected, String received) {
    if (!expected.equals(received)) {
      throw refused(
          at.isEmpty() ? "object at index 0" : "converted object" + at,
          "invalid " + what + " (expected " + expected + ", received " + received + ")");
    }
  }

  private void kept(String field, String shown, ObjectNode converted) {
    String was = before.metadata().path(field).asText("");
    String is = converted.path("metadata").path(field).asText("");
    if (!was.equals(is)) {
      throw invalid("must have the same " + shown + ": " + was + " != " + is);
    }
  }

  private ObjectNode metadata(@Nullable JsonNode theirs) {
    if (theirs == null) {
      throw invalidMetadata("missing metadata in converted object");
    }
    if (!theirs.isObject()) {
      throw invalidMetadata("invalid metadata of type " + go(theirs) + " in converted object");
    }
    ObjectNode out = before.metadata().deepCopy();
    for (String field : List.of("labels", "annotations")) {
      JsonNode given = theirs.path(field);
      if (given.isMissingNode() || given.isNull()) {
        out.remove(field);
        continue;
      }
      if (!given.equals(out.get(field))) {
        check(field, given);
      }
      out.set(field, given);
    }
    return out;
  }

  private void check(String field, JsonNode given) {
    if (!given.isObject()) {
      throw invalidMetadata(
          "invalid metadata." + field + " of type " + go(given) + " in converted object");
    }
    for (var entry : given.properties()) {
      if (!entry.getValue().isTextual()) {
        throw invalidMetadata(
            "metadata."
                + field
                + "["
                + entry.getKey()
                + "] must be a string, but is "
                + go(entry.getValue())
                + " in converted object");
      }
    }
    FieldErrors errors = new FieldErrors();
    if (field.equals("labels")) {
      Validator.labels(given, FieldPath.METADATA, errors);
    } else {
      Validator.annotations(given, FieldPath.METADATA, errors);
    }
    if (!errors.isEmpty()) {
      String words =
          errors.causes().stream()
              .map(c -> c.field().replace("annotations", "annotation") + ": " + c.message())
              .collect(Collectors.joining(", "));
      throw invalidMetadata(errors.causes().size() == 1 ? words : "[" + words + "]");
    }
  }

  private StatusException invalid(String why) {
    return refused(at.isEmpty() ? "object" : "converted object" + at, why);
  }

  private StatusException invalidMetadata(String why) {
    return refused(at.isEmpty() ? "metadata" : "metadata in object" + at, why);
  }

  private StatusException refused(String what, String why) {
    return StatusException.of(
        StatusReason.UNKNOWN,
        "conversion webhook for " + before.gvk() + " returned invalid " + what + ": " + why);
  }

  /** The type of a value as Go names it in a tree. */
  private static String go(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "map[string]interface {}";
      case ARRAY -> "[]interface {}";
      case STRING -> "string";
      case BOOLEAN -> "bool";
      case NUMBER -> value.isIntegralNumber() ? "int64" : "float64";
      default -> "<nil>";
    };
  }
}
