package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON (RFC 8259) that was encoded here or by the store's other writers into trees that stay
 * in memory: from the bytes to the nodes in one step, with what is in them counted before it is
 * allocated, and names and short texts found without being made ({@link NameTable}, {@link
 * CompactNodes}). Gives the same trees as Jackson, of two duplicate fields the last.
 *
 * <p>Depth and the length of numbers are bounded; malformed UTF-8 and half characters read as
 * U+FFFD, as in Go. For one document, on one thread.
 */
final class KnownParser {

  private static final int DEEPEST = 500;
  private static final int LONGEST_NUMBER = 400;
  private static final int LONG_DIGITS = 18;

  static final CompactNodes NODES = new CompactNodes();

  static final NameTable NAMES = new NameTable();

  private final byte[] json;
  private final boolean trimmed;
  private int at;
  private int depth;

  /** What the objects and arrays hold that are not closed yet. */
  private @Nullable Object[] open = new Object[64];

  private int top;

  /** How many fields the last search went by. */
  private int passed;

  private KnownParser(byte[] json, boolean trimmed) {
    this.json = json;
    this.trimmed = trimmed;
  }

  /**
   * @param trimmed leave out {@code metadata.managedFields}, without making it
   * @throws StatusException {@code BadRequest} when the bytes are not one JSON object
   */
  static ObjectNode object(byte[] json, boolean trimmed) {
    KnownParser parser = new KnownParser(json, trimmed);
    try {
      parser.blanks();
      if (parser.at >= json.length || json[parser.at] != '{') {
        throw StatusException.badRequest("the document is not a JSON object");
      }
      parser.at++;
      ObjectNode object = parser.object();
      parser.blanks();
      if (parser.at < json.length) {
        throw parser.bad("something follows the object");
      }
      return object;
    } catch (ArrayIndexOutOfBoundsException e) {
      // Every look is at the next byte, so that is what it means.
      throw parser.bad("it ends too early");
    }
  }

  /**
   * The same object where all of it but {@code metadata.managedFields} is known: only that is made,
   * and nothing behind it is looked at.
   *
   * @param json known to be one object
   * @param trimmed what {@link #object} reads from it when it leaves the managers out; shared by
   *     the result, not changed
   */
  static ObjectNode beside(byte[] json, ObjectNode trimmed) {
    if (!(trimmed.get("metadata") instanceof ObjectNode metadata)) {
      return object(json, false);
    }
    KnownParser parser = new KnownParser(json, false);
    try {
      parser.blanks();
      parser.expect('{');
      if (!parser.find("metadata")) {
        return trimmed;
      }
      parser.expect('{');
      if (!parser.find("managedFields")) {
        return trimmed;
      }
      int place = parser.passed;
      JsonNode managers = parser.value();
      ObjectNode whole = with(metadata, place, "managedFields", managers);
      return replacing(trimmed, metadata, whole);
    } catch (ArrayIndexOutOfBoundsException e) {
      throw parser.bad("it ends too early");
    }
  }

  /** Behind an opening brace: goes to the value of the field of this name; counts those before. */
  private boolean find(String wanted) {
    passed = 0;
    blanks();
    if (json[at] == '}') {
      return false;
    }
    do {
      if (field().equals(wanted)) {
        return true;
      }
      skip();
      passed++;
      blanks();
    } while (more('}'));
    return false;
  }

  /** The object with a further field before the one in this place. */
  private static ObjectNode with(ObjectNode object, int place, String name, JsonNode value) {
    List<Object> fields = new ArrayList<>(2 * object.size() + 2);
    object.forEachEntry((n, v) -> {
      fields.add(n);
      fields.add(v);
    });
    int at = Math.min(2 * place, fields.size());
    fields.add(at, NAMES.of(name));
    fields.add(at + 1, value);
    return NODES.objectNode(fields.toArray(), 0, fields.size());
  }

  private static ObjectNode replacing(ObjectNode object, JsonNode one, JsonNode by) {
    List<Object> fields = new ArrayList<>(2 * object.size());
    object.forEachEntry((n, v) -> {
      fields.add(n);
      fields.add(v == one ? by : v);
    });
    return NODES.objectNode(fields.toArray(), 0, fields.size());
  }

  private StatusException bad(String why) {
    return StatusException.badRequest(
        "the document is not valid JSON: " + why + " (at byte " + at + ")");
  }

  private void enter() {
    if (++depth > DEEPEST) {
      throw bad("it is nested deeper than " + DEEPEST);
    }
  }

  /** Behind the opening brace. */
  private ObjectNode object() {
    enter();
    int from = top;
    blanks();
    if (json[at] == '}') {
      at++;
    } else {
      do {
        String name = field();
        if (trimmed && depth == 2 && name.equals("managedFields") && isMetadata(from)) {
          skip();
        } else {
          push(name);
          push(value());
        }
        blanks();
      } while (more('}'));
    }
    depth--;
    ObjectNode made = NODES.objectNode(open, from, top);
    drop(from);
    return made;
  }

  /** Whether the object whose fields begin here is the document's {@code metadata}. */
  private boolean isMetadata(int from) {
    return "metadata".equals(open[from - 1]);
  }

  /** Behind the opening bracket. */
  private ArrayNode array() {
    enter();
    int from = top;
    blanks();
    if (json[at] == ']') {
      at++;
    } else {
      do {
        blanks();
        push(value());
        blanks();
      } while (more(']'));
    }
    depth--;
    List<JsonNode> items = new ArrayList<>(top - from);
    for (int i = from; i < top; i++) {
      items.add((JsonNode) open[i]);
    }
    drop(from);
    return new ArrayNode(NODES, items);
  }

  /** Behind a comma; false behind the end. */
  private boolean more(char end) {
    byte c = json[at++];
    if (c == ',') {
      return true;
    }
    if (c != end) {
      at--;
      throw bad("a comma or '" + end + "' is missing");
    }
    return false;
  }

  private void push(Object what) {
    if (top == open.length) {
      open = Arrays.copyOf(open, top * 2);
    }
    open[top++] = what;
  }

  private void drop(int from) {
    Arrays.fill(open, from, top, null);
    top = from;
  }

  private void expect(char c) {
    if (json[at] != c) {
      throw bad("a '" + c + "' is missing");
    }
    at++;
  }

  private void blanks() {
    while (at < json.length) {
      byte c = json[at];
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return;
      }
      at++;
    }
  }

  private JsonNode value() {
    byte c = json[at];
    switch (c) {
      case '{' -> {
        at++;
        return object();
      }
      case '[' -> {
        at++;
        return array();
      }
      case '"' -> {
        at++;
        int from = at;
        return plainText() ? NODES.textNode(json, from, at++) : NODES.textNode(escaped(from));
      }
      case 't' -> {
        return literal("true", NODES.booleanNode(true));
      }
      case 'f' -> {
        return literal("false", NODES.booleanNode(false));
      }
      case 'n' -> {
        return literal("null", NODES.nullNode());
      }
      default -> {
        return number();
      }
    }
  }

  private JsonNode literal(String word, JsonNode node) {
    for (int i = 0; i < word.length(); i++) {
      if (json[at + i] != word.charAt(i)) {
        throw bad("'" + word + "' is misspelt");
      }
    }
    at += word.length();
    return node;
  }

  /** Behind a brace or comma: the name of a field; goes to its value. */
  private String field() {
    blanks();
    expect('"');
    String name = name();
    blanks();
    expect(':');
    blanks();
    return name;
  }

  /** Behind the opening quote of a name. */
  private String name() {
    int from = at;
    return plainText() ? NAMES.of(json, from, at++) : escaped(from);
  }

  /** Goes to the closing quote; false, at the first escape, when there is one before it. */
  private boolean plainText() {
    byte[] j = json;
    int i = at;
    while (true) {
      byte c = j[i];
      if (c == '"' || c == '\\') {
        at = i;
        return c == '"';
      }
      if (c >= 0 && c < ' ') {
        at = i;
        throw bad("a control character stands in a text");
      }
      i++;
    }
  }

  /** A text whose first escape is here. */
  private String escaped(int from) {
    StringBuilder out = new StringBuilder(at - from + 32);
    int begin = from;
    while (true) {
      out.append(new String(json, begin, at - begin, StandardCharsets.UTF_8));
      if (json[at++] == '"') {
        return paired(out);
      }
      out.append(escape());
      begin = at;
      var _ = plainText();
    }
  }

  /** Escapes may write halves of a character that have no other half. */
  private static String paired(StringBuilder text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (Character.isSupplementaryCodePoint(text.codePointAt(i))) {
          i++;
        } else {
          text.setCharAt(i, '\uFFFD');
        }
      }
    }
    return text.toString();
  }

  /** Behind a backslash. */
  private char escape() {
    byte c = json[at++];
    return switch (c) {
      case '"', '\\', '/' -> (char) c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int code = 0;
        for (int i = 0; i < 4; i++) {
          int digit = Character.digit(json[at], 16);
          if (digit < 0) {
            throw bad("an escape has no four digits");
          }
          code = code * 16 + digit;
          at++;
        }
        yield (char) code;
      }
      default -> throw bad("an escape is unknown");
    };
  }

  private JsonNode number() {
    int from = at;
    boolean negative = json[at] == '-';
    if (negative) {
      at++;
    }
    int first = at;
    long value = 0;
    while (digit()) {
      value = value * 10 + json[at++] - '0';
    }
    int digits = at - first;
    if (digits == 0 || digits > 1 && json[first] == '0') {
      at = from;
      throw bad("no value stands here");
    }
    if (at < json.length && (json[at] == '.' || json[at] == 'e' || json[at] == 'E')) {
      return fraction(from);
    }
    if (digits > LONG_DIGITS) {
      return big(from);
    }
    long signed = negative ? -value : value;
    return signed == (int) signed ? NODES.numberNode((int) signed) : NODES.numberNode(signed);
  }

  private boolean digit() {
    return at < json.length && json[at] >= '0' && json[at] <= '9';
  }

  private JsonNode fraction(int from) {
    if (json[at] == '.') {
      at++;
      digits();
    }
    if (at < json.length && (json[at] == 'e' || json[at] == 'E')) {
      at++;
      if (json[at] == '+' || json[at] == '-') {
        at++;
      }
      digits();
    }
    return NODES.numberNode(Double.parseDouble(numberText(from)));
  }

  private void digits() {
    if (!digit()) {
      throw bad("a digit is missing");
    }
    while (digit()) {
      at++;
    }
  }

  private JsonNode big(int from) {
    BigInteger value = new BigInteger(numberText(from));
    return value.bitLength() < Long.SIZE
        ? NODES.numberNode(value.longValue())
        : NODES.numberNode(value);
  }

  private String numberText(int from) {
    if (at - from > LONGEST_NUMBER) {
      throw bad("a number is longer than " + LONGEST_NUMBER);
    }
    return new String(json, from, at - from, StandardCharsets.ISO_8859_1);
  }

  /** Passes over a value and makes nothing of it. */
  private void skip() {
    int level = 0;
    do {
      byte c = json[at++];
      switch (c) {
        case '"' -> {
          while (!plainText()) {
            at += 2;
          }
          at++;
        }
        case '{', '[' -> level++;
        case '}', ']' -> level--;
        default -> {}
      }
      if (level == 0 && c != '"' && c != '}' && c != ']') {
        scalar();
      }
    } while (level > 0);
  }

  /** To the end of a number or word. */
  private void scalar() {
    while (json[at] != ',' && json[at] != '}' && json[at] > ' ') {
      at++;
    }
  }
}
