package dev.coracle.api;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.function.BiPredicate;

/**
 * The one place that turns bytes into JSON trees and back. Depth, number length and string length
 * are bounded; a document with trailing content is refused. Duplicate keys are left to {@link
 * #MAPPER}'s last-wins rule here; strict field validation looks for them on its own.
 */
public final class Json {

  /** Shared and never reconfigured. */
  public static final ObjectMapper MAPPER =
      JsonMapper.builder(
              new JsonFactoryBuilder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(500)
                          .maxNumberLength(400)
                          .maxStringLength(16 << 20)
                          .build())
                  .enable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  // Virtual threads have no use for what a thread keeps for its next call.
                  .recyclerPool(JsonRecyclerPools.newBoundedPool(64))
                  .build())
          .nodeFactory(KnownParser.NODES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Makes objects that take little room while they have few fields. */
  public static final JsonNodeFactory NODES = KnownParser.NODES;

  private Json() {}

  public static ObjectNode object() {
    return NODES.objectNode();
  }

  public static ArrayNode array() {
    return NODES.arrayNode();
  }

  /**
   * @throws StatusException {@code BadRequest} when the bytes are not one JSON value
   */
  public static JsonNode parse(byte[] json) {
    try {
      JsonNode node = MAPPER.readTree(json);
      if (node == null || node.isMissingNode()) {
        throw StatusException.badRequest(fault(json, "it is empty"));
      }
      return node;
    } catch (JsonProcessingException e) {
      throw StatusException.badRequest(fault(json, e.getOriginalMessage()));
    } catch (IOException e) {
      // Of bytes in memory that can only be their encoding: they look like UTF-16 or UTF-32.
      throw StatusException.badRequest(fault(json, String.valueOf(e.getMessage())));
    }
  }

  /**
   * Why bytes could not be read, in the words of Go's reader where it would refuse them too.
   *
   * @param otherwise what is said where only ours does: of an encoding that is not UTF-8
   */
  public static String fault(byte[] json, String otherwise) {
    String words = JsonFault.of(json);
    return words.isEmpty() ? "the document is not valid JSON: " + otherwise : words;
  }

  /** As {@link #parse(byte[])}, for a text. */
  public static JsonNode parse(String json) {
    return parse(json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /**
   * @throws StatusException {@code BadRequest} when the bytes are not one JSON object
   */
  public static ObjectNode parseObject(byte[] json) {
    if (parse(json) instanceof ObjectNode object) {
      return object;
    }
    throw StatusException.badRequest("the document is not a JSON object");
  }

  public static ObjectNode parseObject(String json) {
    return parseObject(json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /**
   * As {@link #parseObject(byte[])}, for bytes that are known to be an object because they were
   * encoded from one: several times as fast, and in half the room.
   */
  static ObjectNode parseKnown(byte[] json) {
    return KnownParser.object(json, false);
  }

  /** As {@link #parseKnown}, without {@code metadata.managedFields}. */
  static ObjectNode parseTrimmed(byte[] json) {
    return KnownParser.object(json, true);
  }

  /** As {@link #parseKnown}, for one whose tree without managers is there: the result shares it. */
  static ObjectNode parseBeside(byte[] json, ObjectNode trimmed) {
    return KnownParser.beside(json, trimmed);
  }

  /**
   * An equal tree that has of another one the very nodes in which both are equal: who keeps both
   * keeps those once.
   *
   * @param tree not changed
   */
  public static ObjectNode sharing(ObjectNode tree, JsonNode other) {
    return KeptTree.sharing(tree, other);
  }

  /** Whether it holds for every field of the object; asks no further once it does not. */
  public static boolean everyField(ObjectNode object, BiPredicate<String, JsonNode> condition) {
    if (object instanceof CompactObject compact) {
      return compact.fieldMap().everyField(condition);
    }
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (!condition.test(field.getKey(), field.getValue())) {
        return false;
      }
    }
    return true;
  }

  /** The encoding; no blanks, and the fields in their order. */
  public static byte[] bytes(JsonNode node) {
    byte[] json = TreeEncoder.bytes(node);
    if (json != null) {
      return json;
    }
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
