package dev.coracle.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
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

  @Override
  public TextNode textNode(String text) {
    if (text == null || text.length() > LONGEST_SHARED) {
      return super.textNode(text);
    }
    int hash = text.hashCode();
    int place = (hash ^ hash >>> 13) & PLACES - 1;
    TextNode there = recent[place];
    if (there != null && there.textValue().equals(text)) {
      return there;
    }
    TextNode made = super.textNode(text);
    recent[place] = made;
    return made;
  }
}
