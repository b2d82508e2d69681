package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.WhenEmpty;
import dev.coracle.api.schema.Zeros;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One step of a path, written as in {@code fieldsV1} (structured-merge-diff): {@code f:name} a
 * field, {@code k:{"name":"a"}} the list item with these keys, {@code v:"x"} the list item of this
 * value, {@code i:0} an index.
 */
final class PathStep {

  private static final int PLACES = 4096;
  private static final int LONGEST_KEPT = 64;

  /**
   * The steps that came last, one for each place. A text is immutable, and a lost race only makes
   * one more.
   */
  private static final @Nullable String[] FIELDS = new String[PLACES];

  private static final String FIELD = "f:";
  private static final String KEYS = "k:";
  private static final String VALUE = "v:";

  private PathStep() {}

  static String field(String name) {
    if (name.length() > LONGEST_KEPT) {
      return FIELD + name;
    }
    int place = (name.hashCode() ^ name.hashCode() >>> 11) & PLACES - 1;
    String known = FIELDS[place];
    if (known != null && known.length() == name.length() + 2 && known.startsWith(name, 2)) {
      return known;
    }
    String made = FIELD + name;
    FIELDS[place] = made;
    return made;
  }

  static boolean isField(String step) {
    return step.startsWith("f:");
  }

  static String name(String fieldStep) {
    return fieldStep.substring(2);
  }

  static String value(JsonNode scalar) {
    StringBuilder out = new StringBuilder(VALUE);
    append(out, scalar);
    return out.toString();
  }

  /**
   * The identity of an item of a list of objects; a missing key takes its field's default and is
   * left out where it has none. Null when no key is there at all.
   */
  static @Nullable String key(JsonNode item, SchemaType list) {
    StringBuilder out = new StringBuilder(KEYS).append('{');
    SchemaType type = list.item();
    for (String key : sorted(list.mapKeys())) {
      JsonNode value = item.get(key);
      if (value == null) {
        SchemaField field = type.field(key);
        value = field == null ? null : implied(field);
      }
      if (value != null) {
        out.append(out.length() > 3 ? "," : "");
        append(out, Json.NODES.textNode(key));
        append(out.append(':'), value);
      }
    }
    return out.length() == 3 ? null : out.append('}').toString();
  }

  /** What a key is that is left out: its default, or the zero that Go has there. */
  private static @Nullable JsonNode implied(SchemaField field) {
    JsonNode value = field.defaultValue();
    return value == null && field.whenEmpty() == WhenEmpty.ZERO ? Zeros.of(field.type()) : value;
  }

  /** Schemas name nearly all of them in order. */
  private static List<String> sorted(List<String> keys) {
    for (int i = 1; i < keys.size(); i++) {
      if (keys.get(i - 1).compareTo(keys.get(i)) > 0) {
        return keys.stream().sorted().toList();
      }
    }
    return keys;
  }

  /** As JSON. Nearly all keys are plain texts or whole numbers, for which no generator is made. */
  private static void append(StringBuilder out, JsonNode value) {
    if (value.isTextual() && isPlain(value.textValue())) {
      out.append('"').append(value.textValue()).append('"');
    } else if (value.isInt() || value.isLong()) {
      out.append(value.longValue());
    } else {
      out.append(value);
    }
  }

  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isPlain(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** Stands for itself in JSON's texts. */
  private static boolean isPlain(char c) {
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
  }

  /**
   * Whether a step is of a known kind; upstream passes over others.
   *
   * @throws IllegalArgumentException in upstream's words, of what is no step at all
   */
  static boolean isKnown(String step) {
    if (step.length() < 2) {
      throw new IllegalArgumentException("key must be 2 characters long:");
    }
    if (step.charAt(1) != ':') {
      throw new IllegalArgumentException("missing colon: " + step);
    }
    String rest = step.substring(2);
    try {
      return switch (step.charAt(0)) {
        case 'f' -> true;
        case 'i' -> !IntNode.valueOf(Integer.parseInt(rest)).isMissingNode();
        case 'v' -> isCanonical(step) || !Json.parse(rest).isMissingNode();
        case 'k' -> isCanonical(step) || Json.parseObject(rest).isObject();
        default -> false;
      };
    } catch (StatusException e) {
      throw new IllegalArgumentException(e.status().message(), e);
    }
  }

  /** A step in the one notation this server writes, so that equal steps are equal texts. */
  static String canonical(String step) {
    if (isCanonical(step) || step.length() < 2) {
      return step;
    }
    try {
      JsonNode value = Json.parse(step.substring(2));
      if (value instanceof ObjectNode keys && step.startsWith(KEYS)) {
        ObjectNode sorted = Json.object();
        keys.properties().stream()
            .sorted(Map.Entry.comparingByKey())
            .forEach(e -> sorted.set(e.getKey(), e.getValue()));
        value = sorted;
      }
      return step.substring(0, 2) + value;
    } catch (StatusException e) {
      return step;
    }
  }

  /**
   * Whether a step is seen to be in that notation without being parsed: its keys stand in order,
   * and its values are plain texts or small numbers. False says nothing.
   */
  static boolean isCanonical(String step) {
    if (step.startsWith(VALUE)) {
      return endOfScalar(step, VALUE.length()) == step.length();
    }
    if (!step.startsWith(KEYS)) {
      return step.startsWith(FIELD);
    }
    String last = "";
    int at = KEYS.length();
    char before = '{';
    while (at < step.length() && step.charAt(at) == before) {
      int nameEnd = endOfText(step, at + 1);
      if (nameEnd < 0 || nameEnd >= step.length() || step.charAt(nameEnd) != ':') {
        return false;
      }
      String name = step.substring(at + 2, nameEnd - 1);
      at = endOfScalar(step, nameEnd + 1);
      if (at < 0 || before == ',' && name.compareTo(last) <= 0) {
        return false;
      }
      last = name;
      before = ',';
    }
    return before == ',' && at == step.length() - 1 && step.charAt(at) == '}';
  }

  /** Behind a plain text or a number of few digits; -1 where there is neither. */
  private static int endOfScalar(String step, int from) {
    int at = from;
    while (at < step.length() && at - from < 10 && isDigit(step.charAt(at))) {
      at++;
    }
    boolean number = at > from && (step.charAt(from) != '0' || at == from + 1);
    return number ? at : endOfText(step, from);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static int endOfText(String step, int from) {
    if (from >= step.length() || step.charAt(from) != '"') {
      return -1;
    }
    int at = from + 1;
    while (at < step.length() && isPlain(step.charAt(at))) {
      at++;
    }
    return at < step.length() && step.charAt(at) == '"' ? at + 1 : -1;
  }

  static @Nullable SchemaType typeBelow(@Nullable SchemaType type, String step) {
    if (type == null) {
      return null;
    }
    return isField(step) ? type.child(name(step)) : type.element();
  }

  /** As upstream prints it in conflicts. */
  static String display(String step) {
    String rest = step.substring(2);
    if (step.startsWith("f:")) {
      return "." + rest;
    }
    if (step.startsWith(KEYS) && Json.parse(rest) instanceof ObjectNode keys) {
      StringBuilder out = new StringBuilder("[");
      keys.forEachEntry((name, value) ->
          out.append(out.length() > 1 ? "," : "").append(name).append('=').append(value));
      return out.append(']').toString();
    }
    return step.startsWith(VALUE) ? "[=" + rest + "]" : "[" + rest + "]";
  }
}
