package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.LabelSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** What several printers need to make a cell. */
final class Cells {

  private Cells() {}

  static long count(KubeObject object, String... path) {
    return object.at(path).asLong(0);
  }

  static String orNone(String text) {
    return text.isEmpty() ? "<none>" : text;
  }

  static String orUnset(String text) {
    return text.isEmpty() ? "<unset>" : text;
  }

  /** The values of a field of every item, with commas. */
  static String join(JsonNode items, String field) {
    List<String> out = new ArrayList<>();
    items.forEach(i -> out.add(i.path(field).asText("")));
    return String.join(",", out);
  }

  static String texts(JsonNode items) {
    List<String> out = new ArrayList<>();
    items.forEach(i -> out.add(i.asText("")));
    return String.join(",", out);
  }

  /** {@code a=b,c=d} in the order of keys, or {@code <none>}. */
  static String labels(JsonNode map) {
    var sorted = new TreeMap<>(KubeObject.strings(map));
    List<String> out = new ArrayList<>();
    sorted.forEach((k, v) -> out.add(k + "=" + v));
    return out.isEmpty() ? "<none>" : String.join(",", out);
  }

  static String selector(KubeObject object) {
    return selector(object.at("spec", "selector"));
  }

  static String selector(JsonNode selector) {
    try {
      LabelSelector read = LabelSelector.of(selector);
      return read.isEverything() || !selector.isObject() ? "<none>" : read.toString();
    } catch (StatusException e) {
      return "<error>";
    }
  }

  /** {@code resource.group} of a reference. */
  static String resource(JsonNode reference) {
    String group = reference.path("group").asText("");
    String resource = reference.path("resource").asText("");
    return group.isEmpty() ? resource : resource + "." + group;
  }

  static JsonNode condition(KubeObject object, String type) {
    for (JsonNode c : object.at("status", "conditions")) {
      if (c.path("type").asText("").equals(type)) {
        return c;
      }
    }
    return MissingNode.getInstance();
  }
}
