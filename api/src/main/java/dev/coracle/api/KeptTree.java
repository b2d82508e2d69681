package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a tree that somebody has built the one that stays in memory: the same that {@link
 * KnownParser} would read from its encoding, without the encoding. What is as it was in the version
 * before is that version's very node, so that both together take little more room than one, and who
 * compares them is done at once.
 */
final class KeptTree {

  /** Nobody stores such a node; it is left to the encoder and the parser. */
  private static final class Unusual extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unusual() {
      super("", null, false, false);
    }
  }

  private KeptTree() {}

  /**
   * The object with this resourceVersion and without {@code metadata.managedFields}; null where it
   * is better parsed.
   *
   * @param written is not changed; nothing but texts is shared with it
   * @param before the version before, as it is kept
   */
  static @Nullable ObjectNode of(
      ObjectNode written, String resourceVersion, @Nullable ObjectNode before) {
    if (!(written.get("metadata") instanceof ObjectNode metadata) || metadata.isEmpty()) {
      return null;
    }
    try {
      List<Object> fields = new ArrayList<>(2 * written.size());
      written.forEachEntry((name, value) -> {
        JsonNode was = before == null ? null : before.get(name);
        fields.add(KnownParser.NAMES.of(name));
        fields.add(value == metadata ? metadata(metadata, resourceVersion, was) : kept(value, was));
      });
      return object(fields);
    } catch (Unusual e) {
      return null;
    }
  }

  /** An equal tree with those nodes of the other that are equal and in the same place. */
  static ObjectNode sharing(ObjectNode tree, JsonNode other) {
    try {
      return object(tree, other instanceof ObjectNode o ? o : null);
    } catch (Unusual e) {
      return tree;
    }
  }

  /** The version comes first, as it is put into encodings. */
  private static JsonNode metadata(
      ObjectNode written, String resourceVersion, @Nullable JsonNode before) {
    List<Object> fields = new ArrayList<>(2 * written.size() + 2);
    fields.add(KnownParser.NAMES.of("resourceVersion"));
    fields.add(TextNode.valueOf(resourceVersion));
    written.forEachEntry((name, value) -> {
      if (!name.equals("resourceVersion") && !name.equals("managedFields")) {
        fields.add(KnownParser.NAMES.of(name));
        fields.add(kept(value, before == null ? null : before.get(name)));
      }
    });
    return object(fields);
  }

  private static ObjectNode object(List<Object> fields) {
    return KnownParser.NODES.objectNode(fields.toArray(), 0, fields.size());
  }

  private static JsonNode kept(JsonNode node, @Nullable JsonNode before) {
    if (node == before) {
      return node;
    }
    return switch (node.getNodeType()) {
      case OBJECT -> object((ObjectNode) node, before instanceof ObjectNode o ? o : null);
      case ARRAY -> array((ArrayNode) node, before instanceof ArrayNode a ? a : null);
      case STRING ->
          before != null && node.equals(before)
              ? before
              : KnownParser.NODES.shared((TextNode) node);
      case NUMBER -> {
        JsonNode number = number(node);
        yield before != null && number.equals(before) ? before : number;
      }
      case BOOLEAN, NULL -> node;
      default -> throw new Unusual();
    };
  }

  private static ObjectNode object(ObjectNode node, @Nullable ObjectNode before) {
    Walk walk = new Walk(before, new Object[2 * node.size()]);
    node.forEachEntry(walk::field);
    return walk.same && before != null && before.size() == node.size()
        ? before
        : KnownParser.NODES.objectNode(walk.fields, 0, walk.fields.length);
  }

  /** Gathers the fields of an object, and whether they are those there were, in their order. */
  private static final class Walk {
    private final @Nullable ObjectNode before;
    private final @Nullable Object[] fields;
    private int at;
    private boolean same;

    Walk(@Nullable ObjectNode before, @Nullable Object[] fields) {
      this.before = before;
      this.fields = fields;
      this.same = before != null;
    }

    void field(String name, JsonNode value) {
      JsonNode was = before == null ? null : before.get(name);
      JsonNode now = kept(value, was);
      same = same && now == was && isInPlace(name);
      fields[at++] = KnownParser.NAMES.of(name);
      fields[at++] = now;
    }

    /** Of many fields the order is not looked at, so they count as others. */
    private boolean isInPlace(String name) {
      return before instanceof CompactObject o
          && o.fieldMap().isFew()
          && at / 2 < o.size()
          && o.fieldMap().name(at / 2).equals(name);
    }
  }

  private static JsonNode array(ArrayNode node, @Nullable ArrayNode before) {
    int size = node.size();
    boolean same = before != null && before.size() == size;
    List<JsonNode> items = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      JsonNode was = before == null ? null : before.get(i);
      JsonNode now = kept(node.get(i), was);
      same &= now == was;
      items.add(now);
    }
    return same && before != null ? before : new ArrayNode(KnownParser.NODES, items);
  }

  /** In the form in which it would be read. */
  private static JsonNode number(JsonNode node) {
    return switch (node.numberType()) {
      case INT -> node.isInt() ? node : KnownParser.NODES.numberNode(node.intValue());
      case LONG -> whole(node.longValue());
      case BIG_INTEGER -> {
        BigInteger value = node.bigIntegerValue();
        yield value.bitLength() < Long.SIZE ? whole(value.longValue()) : node;
      }
      case DOUBLE -> {
        if (!Double.isFinite(node.doubleValue())) {
          throw new Unusual();
        }
        yield node;
      }
      default -> throw new Unusual();
    };
  }

  private static JsonNode whole(long value) {
    return value == (int) value
        ? KnownParser.NODES.numberNode((int) value)
        : KnownParser.NODES.numberNode(value);
  }
}
