package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;

/**
 * Where the items of a list stand, by their merge key or, in a list of scalars, by themselves. Of
 * equal ones the first counts. Looked up by hash: a patch of megabytes must not compare each of its
 * items with each of the object's.
 */
final class Positions {

  private final Map<Object, Integer> positions = new HashMap<>();
  private final String key;

  private Positions(String key) {
    this.key = key;
  }

  /**
   * @param key empty for a list of scalars
   */
  static Positions of(ArrayNode list, String key) {
    Positions out = new Positions(key);
    int at = 0;
    for (JsonNode item : list) {
      out.note(out.id(item), at++);
    }
    return out;
  }

  private JsonNode id(JsonNode item) {
    return key.isEmpty() ? item : item.path(key);
  }

  /** Of the item with this identity; -1 where there is none. */
  int of(JsonNode id) {
    return positions.getOrDefault(identity(id), -1);
  }

  /** Of the item that has the identity of this one. */
  int ofItem(JsonNode item) {
    return of(id(item));
  }

  /** Where this identity stands already, else from now on at {@code next}. */
  int note(JsonNode id, int next) {
    Integer known = positions.putIfAbsent(identity(id), next);
    return known == null ? next : known;
  }

  /** Equal for what {@link Trees#equal} takes for equal, of scalars. */
  static Object identity(JsonNode id) {
    if (!id.isNumber()) {
      return id;
    }
    BigDecimal number = id.decimalValue();
    return number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros();
  }
}
