package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;

/** The bounded lists and maps of resource.k8s.io. One that is too long is not looked into. */
final class DeviceLists {

  private static final int SHORTEST_CUT = 16;

  /** The rules of one item. */
  @FunctionalInterface
  interface Item {
    void check(JsonNode item, FieldPath at, FieldErrors errors);
  }

  /** The rules of one key. */
  @FunctionalInterface
  interface Key {
    void check(String key, FieldPath at, FieldErrors errors);
  }

  private DeviceLists() {}

  /** Answers whether the list is short enough. */
  static boolean list(JsonNode list, int most, FieldPath at, FieldErrors errors, Item item) {
    if (list.size() > most) {
      errors.tooMany(at, "", list.size(), most);
      return false;
    }
    int i = 0;
    for (JsonNode node : list) {
      item.check(node, at.index(i++), errors);
    }
    return true;
  }

  /** As {@link #list}, where no two items may have the same key. */
  static void set(
      JsonNode list,
      int most,
      FieldPath at,
      FieldErrors errors,
      Item item,
      Function<JsonNode, Object> key) {
    if (!list(list, most, at, errors, item)) {
      return;
    }
    Set<Object> seen = new HashSet<>();
    int i = 0;
    for (JsonNode node : list) {
      Object of = key.apply(node);
      if (!seen.add(of)) {
        errors.duplicate(at.index(i), "", of);
      }
      i++;
    }
  }

  /** A list of texts, none of them twice. */
  static void texts(JsonNode list, int most, FieldPath at, FieldErrors errors, Key text) {
    set(
        list,
        most,
        at,
        errors,
        (item, here, to) -> text.check(item.asText(""), here, to),
        item -> item.asText(""));
  }

  /**
   * @param longestKey of keys in paths; what is longer is cut in its middle
   */
  static void map(
      JsonNode map,
      int most,
      int longestKey,
      FieldPath at,
      FieldErrors errors,
      Key key,
      Item item) {
    if (map.size() > most) {
      errors.tooMany(at, "", map.size(), most);
      return;
    }
    map.forEachEntry((name, value) -> {
      key.check(name, at, errors);
      item.check(value, at.key(cut(name, longestKey)), errors);
    });
  }

  private static String cut(String text, int longest) {
    int most = Math.max(longest, SHORTEST_CUT);
    if (text.length() <= most) {
      return text;
    }
    int left = most - 3;
    return text.substring(0, (left + 1) / 2) + "..." + text.substring(text.length() - left / 2);
  }
}
