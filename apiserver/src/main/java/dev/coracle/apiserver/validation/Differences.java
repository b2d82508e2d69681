package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.patch.Trees;
import java.util.TreeSet;

/** Says where two trees differ, for people. */
final class Differences {

  private Differences() {}

  /** One line per field of the first level that differs: {@code nodeName: "a" -> "b"}. */
  static String of(JsonNode now, JsonNode before) {
    TreeSet<String> names = new TreeSet<>();
    now.fieldNames().forEachRemaining(names::add);
    before.fieldNames().forEachRemaining(names::add);
    StringBuilder out = new StringBuilder();
    for (String name : names) {
      JsonNode a = before.path(name);
      JsonNode b = now.path(name);
      if (!Trees.equal(a, b)) {
        out.append("  ").append(name).append(": ").append(show(a)).append(" -> ").append(show(b));
        out.append('\n');
      }
    }
    return out.toString();
  }

  private static String show(JsonNode node) {
    String text = node.isMissingNode() ? "unset" : node.toString();
    return text.length() > 200 ? text.substring(0, 200) + "…" : text;
  }
}
