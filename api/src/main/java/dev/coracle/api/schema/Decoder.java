package dev.coracle.api.schema;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;

/**
 * Brings a document into the shape of its {@link SchemaType}: unknown fields are pruned, a null is
 * an absent field, quantities and times take their canonical form, and values of a wrong type are
 * refused. Built-in kinds are refused in the words of Go's JSON decoder, as clients know them;
 * values in custom resources keep their type, since their schema is validated later.
 *
 * <p>Stateless; one pass over the bytes.
 */
public final class Decoder {

  /**
   * @param tree the pruned object, owned by the caller
   * @param problems {@code unknown field "spec.foo"}, {@code duplicate field "spec.x"}, in the
   *     order they were met, each once, at most a hundred
   */
  public record Decoded(ObjectNode tree, List<String> problems) {}

  /** A value has the wrong type or form; the message is Go's. */
  public static final class TypeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String words;
    private final String converted;

    /**
     * @param converted as upstream says it of a tree that a strategic merge patch has made
     */
    TypeException(String words, String converted) {
      super(words, null, false, false);
      this.words = words;
      this.converted = converted;
    }

    /** Never null, unlike {@link #getMessage()} by its declaration. */
    public String words() {
      return words;
    }

    /** The same in the words of Go's conversion of trees, which knows no paths. */
    public String converted() {
      return converted;
    }
  }

  /** How many bytes of a body that is not understood are shown. */
  private static final int SUMMARY = 30;

  private Decoder() {}

  /**
   * @throws TypeException when a value does not fit
   * @throws StatusException {@code BadRequest} when it is not one JSON object
   */
  public static Decoded decode(byte[] json, SchemaType type) {
    try (JsonParser parser = Json.MAPPER.createParser(json)) {
      return read(parser, type, true, true);
    } catch (JsonProcessingException e) {
      throw StatusException.badRequest(Json.fault(json, e.getOriginalMessage()));
    } catch (IOException e) {
      // Of bytes in memory that can only be their encoding: they look like UTF-16 or UTF-32.
      throw StatusException.badRequest(Json.fault(json, String.valueOf(e.getMessage())));
    }
  }

  /** As {@link #decode(byte[], SchemaType)}, from a tree, which is not changed. */
  public static Decoded decode(JsonNode tree, SchemaType type) {
    return read(tree, type, true);
  }

  /**
   * As {@link #decode(JsonNode, SchemaType, GroupVersionKind, FieldValidation, Consumer)}, of a
   * part of an object, such as an apply configuration: a zero in it is said on purpose, and nothing
   * is added. What it has too much is ignored.
   */
  public static ObjectNode part(JsonNode tree, SchemaType type, GroupVersionKind kind) {
    try {
      return read(tree, type, false).tree;
    } catch (TypeException e) {
      throw unfit(kind, e.words());
    }
  }

  private static Decoded read(JsonNode tree, SchemaType type, boolean settles) {
    try (JsonParser parser = tree.traverse(Json.MAPPER)) {
      return read(parser, type, false, settles);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Decoded read(JsonParser parser, SchemaType type, boolean whole, boolean settles)
      throws IOException {
    DecodeReader reader = new DecodeReader(parser, settles);
    ObjectNode tree = reader.document(type);
    if (whole && parser.nextToken() != null) {
      // Said in Go's words by who has the bytes.
      throw new JsonParseException(parser, "content follows its end");
    }
    TypeException error = reader.error();
    if (error != null) {
      throw error;
    }
    return new Decoded(tree, reader.problems());
  }

  /**
   * Fields that stand twice in one object of a document that has been read before.
   *
   * @return {@code duplicate field "spec.x"}, in the order they were met, at most a hundred
   */
  public static List<String> duplicates(byte[] json) {
    try (JsonParser parser = Json.MAPPER.createParser(json)) {
      return new DecodeReader(parser, false).duplicates();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Decodes a request's body as upstream's handlers do: failures are {@code BadRequest} in their
   * words, and problems are ignored, given to {@code warnings} or refused.
   */
  public static ObjectNode decode(
      byte[] json,
      ResourceDefinition resource,
      FieldValidation validation,
      Consumer<String> warnings) {
    return decode(json, resource.schema(), resource.kind(), validation, warnings);
  }

  /** As above for any type, such as a subresource's. */
  public static ObjectNode decode(
      byte[] json,
      SchemaType type,
      GroupVersionKind kind,
      FieldValidation validation,
      Consumer<String> warnings) {
    try {
      return enforce(understood(json, type, kind), kind, validation, warnings);
    } catch (TypeException e) {
      throw unfit(kind, e.words());
    }
  }

  private static Decoded understood(byte[] json, SchemaType type, GroupVersionKind kind) {
    try {
      return decode(json, type);
    } catch (StatusException e) {
      String why = "couldn't get version/kind; json parse error: " + e.getMessage();
      throw unrecognized(kind, why, json);
    }
  }

  /** Of a body that is no document, or none that tells its kind. */
  public static StatusException unrecognized(GroupVersionKind kind, String why, byte[] body) {
    return StatusException.badRequest(
        "the object provided is unrecognized (must be of type "
            + kind.kind()
            + "): "
            + why
            + " ("
            + summary(body)
            + ")");
  }

  /**
   * Of JSON that is no object, in Go's words.
   *
   * @param what Go's name of what it is
   */
  public static String noDocument(String what) {
    return "json: cannot unmarshal "
        + what
        + " into Go value of type struct { APIVersion string"
        + " \"json:\\\"apiVersion,omitempty\\\"\"; Kind string"
        + " \"json:\\\"kind,omitempty\\\"\" }";
  }

  private static String summary(byte[] body) {
    if (body.length == 0) {
      return "<empty>";
    }
    byte[] shown = Arrays.copyOf(body, Math.min(body.length, SUMMARY));
    String text =
        body[0] == '{'
            ? new String(shown, StandardCharsets.UTF_8)
            : HexFormat.of().formatHex(shown);
    return shown.length < body.length ? text + " ..." : text;
  }

  /** As above, from a tree (YAML, protobuf, or the result of a patch). */
  public static ObjectNode decode(
      JsonNode tree,
      SchemaType type,
      GroupVersionKind kind,
      FieldValidation validation,
      Consumer<String> warnings) {
    return decode(tree, List.of(), type, kind, validation, warnings);
  }

  /**
   * As above, from a tree in whose making there were problems already.
   *
   * @param earlier such as keys that stood twice in the YAML
   */
  public static ObjectNode decode(
      JsonNode tree,
      List<String> earlier,
      SchemaType type,
      GroupVersionKind kind,
      FieldValidation validation,
      Consumer<String> warnings) {
    try {
      Decoded decoded = decode(tree, type);
      decoded.problems.addAll(0, earlier);
      return enforce(decoded, kind, validation, warnings);
    } catch (TypeException e) {
      throw unfit(kind, e.words());
    }
  }

  private static ObjectNode enforce(
      Decoded decoded,
      GroupVersionKind kind,
      FieldValidation validation,
      Consumer<String> warnings) {
    if (!decoded.problems.isEmpty()) {
      switch (validation) {
        case STRICT -> throw unfit(kind, strict(decoded.problems));
        case WARN -> decoded.problems.forEach(warnings);
        case IGNORE -> {}
      }
    }
    return decoded.tree;
  }

  /** {@code strict decoding error: unknown field "spec.foo", …}. */
  public static String strict(List<String> problems) {
    return "strict decoding error: " + String.join(", ", problems);
  }

  /** {@code Deployment in version "v1" cannot be handled as a Deployment: …}. */
  public static StatusException unfit(GroupVersionKind kind, String why) {
    return StatusException.badRequest(
        kind.kind()
            + " in version \""
            + kind.version()
            + "\" cannot be handled as a "
            + kind.kind()
            + ": "
            + why);
  }
}
