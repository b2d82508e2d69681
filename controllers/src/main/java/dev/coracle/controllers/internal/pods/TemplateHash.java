package dev.coracle.controllers.internal.pods;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;

/**
 * A short name for a pod template: FNV-1a over its JSON with ordered fields, written in letters and
 * digits that spell no words. It has upstream's form but not its values, which come from Go's
 * memory layout.
 */
public final class TemplateHash {

  private static final String LETTERS = "bcdfghjklmnpqrstvwxz2456789";

  private TemplateHash() {}

  /**
   * @param collisions how often this hash met another template's; changes the hash
   */
  public static String of(JsonNode template, int collisions) {
    StringBuilder text = new StringBuilder();
    canonical(template, text);
    if (collisions > 0) {
      text.append(collisions);
    }
    int hash = 0x811c9dc5;
    for (byte b : text.toString().getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x01000193;
    }
    return encode(Integer.toUnsignedString(hash));
  }

  /** Upstream's encoding: each character of the decimal number picks a letter. */
  static String encode(String number) {
    StringBuilder out = new StringBuilder(number.length());
    for (char c : number.toCharArray()) {
      out.append(LETTERS.charAt(c % LETTERS.length()));
    }
    return out.toString();
  }

  /** Fields in the order of their names, nulls and empty objects left out. */
  private static void canonical(JsonNode node, StringBuilder out) {
    switch (node) {
      case ObjectNode object -> {
        TreeMap<String, JsonNode> sorted = new TreeMap<>();
        object.forEachEntry(sorted::put);
        out.append('{');
        sorted.forEach((key, value) -> {
          if (!value.isNull()) {
            out.append(key).append(':');
            canonical(value, out);
            out.append(',');
          }
        });
        out.append('}');
      }
      case JsonNode list when list.isArray() -> {
        out.append('[');
        list.forEach(item -> {
          canonical(item, out);
          out.append(',');
        });
        out.append(']');
      }
      default -> out.append(node);
    }
  }
}
