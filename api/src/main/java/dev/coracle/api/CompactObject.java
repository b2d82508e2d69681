package dev.coracle.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An object whose fields are in a {@link CompactMap}, and which knows that: it is asked, copied and
 * written without iterators and entries. Copies are compact too, and share the names.
 */
final class CompactObject extends ObjectNode {

  private static final long serialVersionUID = 1L;

  CompactObject(JsonNodeFactory nodes, CompactMap fields) {
    super(nodes, fields);
  }

  CompactMap fieldMap() {
    return (CompactMap) _children;
  }

  /** A copy of whatever it is, compact where it is no scalar. */
  static JsonNode copy(JsonNode node) {
    return switch (node) {
      case CompactObject object -> object.deepCopy();
      case ObjectNode object -> compacted(object);
      case ArrayNode array -> copy(array);
      default -> node.deepCopy();
    };
  }

  static ObjectNode copyOf(ObjectNode object) {
    return object instanceof CompactObject o ? o.deepCopy() : compacted(object);
  }

  private static ObjectNode compacted(ObjectNode object) {
    CompactMap fields = CompactMap.sized(object.size());
    object.forEachEntry((name, value) -> fields.put(name, copy(value)));
    return new CompactObject(KnownParser.NODES, fields);
  }

  private static ArrayNode copy(ArrayNode array) {
    int size = array.size();
    List<JsonNode> items = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      items.add(copy(array.get(i)));
    }
    return new ArrayNode(KnownParser.NODES, items);
  }

  @Override
  public ObjectNode deepCopy() {
    return new CompactObject(_nodeFactory, fieldMap().copy());
  }

  @Override
  public @Nullable JsonNode get(String name) {
    return fieldMap().field(name);
  }

  @Override
  public JsonNode path(String name) {
    JsonNode value = fieldMap().field(name);
    return value == null ? MissingNode.getInstance() : value;
  }

  @Override
  public int size() {
    return fieldMap().size();
  }

  @Override
  public boolean isEmpty() {
    return fieldMap().size() == 0;
  }

  @Override
  public void serialize(JsonGenerator out, SerializerProvider provider) throws IOException {
    CompactMap fields = fieldMap();
    if (!fields.isFew() || !writesAllInOrder(provider)) {
      super.serialize(out, provider);
      return;
    }
    int size = fields.size();
    out.writeStartObject(this, size);
    for (int i = 0; i < size; i++) {
      out.writeFieldName(fields.name(i));
      fields.value(i).serialize(out, provider);
    }
    out.writeEndObject();
  }

  /** As it is unless a mapper was told otherwise. */
  private static boolean writesAllInOrder(@Nullable SerializerProvider provider) {
    return provider != null
        && provider.isEnabled(SerializationFeature.WRITE_EMPTY_JSON_ARRAYS)
        && provider.isEnabled(JsonNodeFeature.WRITE_NULL_PROPERTIES)
        && !provider.isEnabled(JsonNodeFeature.WRITE_PROPERTIES_SORTED);
  }
}
