package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Makes trees that stay in memory: their objects are small, and short texts that come again and
 * again ({@code Running}, {@code True}, a namespace, a second's timestamp) are one object. They
 * equal all others.
 *
 * <p>The texts that came last are remembered, one for each place, so the room is bounded and what
 * does not come again is soon forgotten. Safe on any thread without locks: a text node is
 * immutable, and a lost race only makes one more.
 */
final class CompactNodes extends JsonNodeFactory {

  private static final long serialVersionUID = 1L;

  static final int LONGEST_SHARED = 32;

  private static final int PLACES = 8192;

  private final transient @Nullable TextNode[] recent = new TextNode[PLACES];

  @Override
  public ObjectNode objectNode() {
    return new ObjectNode(this, new CompactMap());
  }

  /** The object of these names and values, which come in turns. */
  ObjectNode objectNode(@Nullable Object[] fields, int from, int to) {
    return new ObjectNode(this, CompactMap.of(fields, from, to));
  }

  /** The text of these bytes, which hold no escape. */
  JsonNode textNode(byte[] json, int from, int to) {
    if (to - from > LONGEST_SHARED) {
      return super.textNode(new String(json, from, to - from, StandardCharsets.UTF_8));
    }
    int hash = NameTable.hash(json, from, to);
    int place = (hash ^ hash >>> 13) & PLACES - 1;
    TextNode there = recent[place];
    if (there != null && NameTable.is(there.textValue(), json, from, to)) {
      return there;
    }
    TextNode made = super.textNode(new String(json, from, to - from, StandardCharsets.UTF_8));
    recent[place] = made;
    return made;
  }
}
