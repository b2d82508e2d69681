package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes trees that stay in memory: their objects are small, objects of the same fields share the
 * names, and short texts that come again and again ({@code Running}, {@code True}, a namespace, a
 * second's timestamp) are one object. They equal all others.
 *
 * <p>The texts and the names that came last are remembered, one for each place, so the room is
 * bounded and what does not come again is soon forgotten. Safe on any thread without locks: a text
 * node and an array of names are immutable, and a lost race only makes one more.
 */
final class CompactNodes extends JsonNodeFactory {

  private static final long serialVersionUID = 1L;

  /** A uid is one. */
  static final int LONGEST_SHARED = 36;

  private static final int PLACES = 8192;
  private static final int SHAPES = 4096;

  private final transient @Nullable TextNode[] recent = new TextNode[PLACES];

  /** The names of the objects that came last. */
  private final transient @Nullable Shape[] shapes = new Shape[SHAPES];

  /** Names in their order; safe to find by a race, as its field is final. */
  private static final class Shape {
    private final @Nullable String[] names;

    Shape(@Nullable String[] names) {
      this.names = names;
    }
  }

  @Override
  public ObjectNode objectNode() {
    return new CompactObject(this, new CompactMap());
  }

  /**
   * The object of these names and values, which come in turns; of two equal names the last one's
   * value counts.
   */
  ObjectNode objectNode(@Nullable Object[] fields, int from, int to) {
    int size = (to - from) / 2;
    if (size == 0) {
      return objectNode();
    }
    if (size > CompactMap.FEW || carriesValue(name(fields, from))) {
      return new CompactObject(this, one(fields, from, to));
    }
    int hash = 0;
    for (int i = from; i < to; i += 2) {
      hash = 31 * hash + name(fields, i).hashCode();
    }
    int place = (hash ^ hash >>> 15) & SHAPES - 1;
    Shape known = shapes[place];
    if (known != null && isShape(known.names, fields, from, size)) {
      JsonNode[] values = new JsonNode[size];
      for (int i = 0; i < size; i++) {
        values[i] = value(fields, from + 2 * i);
      }
      return new CompactObject(this, new CompactMap(known.names, values));
    }
    CompactMap made = one(fields, from, to);
    if (made.size() == size) {
      shapes[place] = new Shape(made.fullNames());
    }
    return new CompactObject(this, made);
  }

  private static boolean isShape(
      @Nullable String[] known, @Nullable Object[] fields, int from, int size) {
    if (known.length != size) {
      return false;
    }
    for (int i = 0; i < size; i++) {
      if (known[i] != fields[from + 2 * i]) {
        return false;
      }
    }
    return true;
  }

  /** Names of {@code managedFields} that seldom come again. */
  private static boolean carriesValue(String name) {
    return name.length() > 2
        && name.charAt(1) == ':'
        && (name.charAt(0) == 'k' || name.charAt(0) == 'v');
  }

  private static CompactMap one(@Nullable Object[] fields, int from, int to) {
    CompactMap map = CompactMap.sized((to - from) / 2);
    for (int i = from; i < to; i += 2) {
      map.put(name(fields, i), value(fields, i));
    }
    return map;
  }

  private static String name(@Nullable Object[] fields, int place) {
    return (String) Objects.requireNonNull(fields[place]);
  }

  private static JsonNode value(@Nullable Object[] fields, int place) {
    return (JsonNode) Objects.requireNonNull(fields[place + 1]);
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

  /** The one there is of this text, which is this from now on where there is none. */
  JsonNode shared(TextNode text) {
    String value = text.textValue();
    if (value.length() > LONGEST_SHARED) {
      return text;
    }
    int hash = value.hashCode(); // as of its bytes, where it is ASCII
    int place = (hash ^ hash >>> 13) & PLACES - 1;
    TextNode there = recent[place];
    if (there != null && there.textValue().equals(value)) {
      return there;
    }
    recent[place] = text;
    return text;
  }
}
