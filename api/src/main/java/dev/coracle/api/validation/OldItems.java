package dev.coracle.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.schema.ListType;
import dev.coracle.api.schema.SchemaType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The items of a list as it was, to be asked which of them an item of now was (KEP-4008). Only
 * items that have keys can be told, those of sets can not.
 */
public final class OldItems {

  private final SchemaType list;
  private final Map<String, JsonNode> byIdentity;

  private OldItems(SchemaType list, Map<String, JsonNode> byIdentity) {
    this.list = list;
    this.byIdentity = byIdentity;
  }

  /**
   * @param before null, or anything else that is no list, had no items
   */
  public static OldItems of(SchemaType list, @Nullable JsonNode before) {
    if (!(before instanceof ArrayNode array) || list.listType() != ListType.MAP) {
      return new OldItems(list, Map.of());
    }
    Map<String, JsonNode> items = HashMap.newHashMap(array.size());
    for (JsonNode item : array) {
      items.putIfAbsent(ListItems.identity(list, item), item);
    }
    return new OldItems(list, items);
  }

  public @Nullable JsonNode of(JsonNode item) {
    return byIdentity.isEmpty() ? null : byIdentity.get(ListItems.identity(list, item));
  }
}
