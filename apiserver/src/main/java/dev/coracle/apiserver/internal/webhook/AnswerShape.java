package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.internal.webhook.WebhookClient.CallFailed;
import java.util.Base64;
import java.util.Map;

/**
 * What a webhook's answer must look like to be read: a value of another type is not taken for
 * something else, but makes the call fail, in the words of Go's decoder. Fields that are not known
 * do not matter, and null is as good as nothing.
 */
sealed interface AnswerShape {

  /** The name of the type in Go. */
  String type();

  /** A text, number or truth value. */
  record Scalar(String json, String type) implements AnswerShape {}

  record Items(AnswerShape item, String type) implements AnswerShape {}

  record Values(AnswerShape value, String type) implements AnswerShape {}

  /** Base64. */
  record Bytes() implements AnswerShape {
    @Override
    public String type() {
      return "[]uint8";
    }
  }

  record Anything(String type) implements AnswerShape {}

  /**
   * @param name of the struct, before its fields
   */
  record Struct(String name, String type, Map<String, AnswerShape> fields) implements AnswerShape {}

  private static AnswerShape text(String type) {
    return new Scalar("string", type);
  }

  AnswerShape TEXT = text("string");
  AnswerShape FLAG = new Scalar("bool", "bool");
  AnswerShape INT32 = new Scalar("number", "int32");
  AnswerShape UID = text("types.UID");

  Struct CAUSE =
      new Struct(
          "StatusCause",
          "v1.StatusCause",
          Map.of("reason", text("v1.CauseType"), "message", TEXT, "field", TEXT));

  Struct STATUS =
      new Struct(
          "Status",
          "v1.Status",
          Map.of(
              "status",
              TEXT,
              "message",
              TEXT,
              "reason",
              text("v1.StatusReason"),
              "code",
              INT32,
              "details",
              new Struct(
                  "StatusDetails",
                  "v1.StatusDetails",
                  Map.of(
                      "name",
                      TEXT,
                      "group",
                      TEXT,
                      "kind",
                      TEXT,
                      "uid",
                      UID,
                      "retryAfterSeconds",
                      INT32,
                      "causes",
                      new Items(CAUSE, "[]v1.StatusCause")))));

  /** Of an AdmissionReview in this version. */
  static Struct admission(String version) {
    return new Struct(
        "AdmissionReview",
        version + ".AdmissionReview",
        Map.of(
            "response",
            new Struct(
                "AdmissionResponse",
                version + ".AdmissionResponse",
                Map.of(
                    "uid",
                    UID,
                    "allowed",
                    FLAG,
                    "status",
                    STATUS,
                    "patch",
                    new Bytes(),
                    "patchType",
                    text(version + ".PatchType"),
                    "auditAnnotations",
                    new Values(TEXT, "map[string]string"),
                    "warnings",
                    new Items(TEXT, "[]string")))));
  }

  /** Of a ConversionReview in this version. */
  static Struct conversion(String version) {
    return new Struct(
        "ConversionReview",
        version + ".ConversionReview",
        Map.of(
            "response",
            new Struct(
                "ConversionResponse",
                version + ".ConversionResponse",
                Map.of(
                    "uid",
                    UID,
                    "convertedObjects",
                    new Items(new Anything("runtime.RawExtension"), "[]runtime.RawExtension"),
                    "result",
                    STATUS))));
  }

  /**
   * @throws CallFailed where the value cannot be read as this shape
   */
  default void check(JsonNode value) {
    check(value, "", "");
  }

  private void check(JsonNode value, String owner, String path) {
    if (value.isNull() || value.isMissingNode()) {
      return;
    }
    switch (this) {
      case Scalar scalar -> {
        if (!json(value).equals(scalar.json) || scalar == INT32 && !value.isIntegralNumber()) {
          throw misfit(value.isNumber() ? "number " + value : json(value), owner, path, type());
        }
      }
      case Items items -> {
        needs(value.isArray(), value, owner, path);
        value.forEach(item -> items.item.check(item, owner, path));
      }
      case Values values -> {
        needs(value.isObject(), value, owner, path);
        value.forEach(item -> values.value.check(item, owner, path));
      }
      case Struct struct -> {
        needs(value.isObject(), value, owner, path);
        value
            .properties()
            .forEach(field -> {
              AnswerShape shape = struct.fields.get(field.getKey());
              if (shape != null) {
                String at = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
                shape.check(field.getValue(), struct.name, at);
              }
            });
      }
      case Bytes _ -> bytes(value, owner, path);
      case Anything _ -> {}
    }
  }

  private void bytes(JsonNode value, String owner, String path) {
    if (value.isArray() && !value.isEmpty()) {
      throw misfit(json(value.get(0)), owner, path, "uint8");
    }
    needs(value.isTextual(), value, owner, path);
    // Lines may be broken anywhere.
    String text = value.textValue().replace("\n", "").replace("\r", "");
    try {
      Base64.getDecoder().decode(text);
      if (text.length() % 4 == 0) {
        return;
      }
    } catch (IllegalArgumentException e) {
      // Told below.
    }
    throw new CallFailed("illegal base64 data at input byte " + firstBad(text));
  }

  private static int firstBad(String text) {
    int i = 0;
    while (i < text.length()
        && (Character.isLetterOrDigit(text.charAt(i)) && text.charAt(i) < 128
            || text.charAt(i) == '+'
            || text.charAt(i) == '/')) {
      i++;
    }
    return i < text.length() ? i : text.length() / 4 * 4;
  }

  private void needs(boolean fits, JsonNode value, String owner, String path) {
    if (!fits) {
      throw misfit(json(value), owner, path, type());
    }
  }

  private static CallFailed misfit(String found, String owner, String path, String type) {
    // A number is only shown where it is of the right kind and too fine.
    String shown = found.startsWith("number ") && !type.equals("int32") ? "number" : found;
    return new CallFailed(
        "json: cannot unmarshal "
            + shown
            + " into Go struct field "
            + owner
            + "."
            + path
            + " of type "
            + type);
  }

  private static String json(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> "string";
      case NUMBER -> "number";
      case BOOLEAN -> "bool";
      case ARRAY -> "array";
      default -> "object";
    };
  }
}
