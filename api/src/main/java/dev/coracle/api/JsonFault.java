package dev.coracle.api;

import java.util.BitSet;

/**
 * What is wrong with bytes that are no JSON, in the words of Go's {@code encoding/json}, which
 * Kubernetes' clients and their authors know. One instance reads one document; it keeps one bit for
 * each level of nesting.
 */
final class JsonFault {
  private static final int DEEPEST = 10_000;
  private static final String END = "unexpected end of JSON input";

  /** Thrown where the document stops being JSON. */
  private static final class Found extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String words;

    Found(String words) {
      super(words, null, false, false);
      this.words = words;
    }
  }

  private final byte[] json;
  private int at;

  /** Set where the level is an object. */
  private final BitSet objects = new BitSet();

  private int depth;

  private JsonFault(byte[] json) {
    this.json = json;
  }

  /** Empty where Go would read it. */
  static String of(byte[] json) {
    try {
      JsonFault reader = new JsonFault(json);
      reader.document();
      return "";
    } catch (Found found) {
      return found.words;
    }
  }

  private void document() {
    boolean value = true;
    while (value) {
      value = value();
    }
    if (peek() >= 0) {
      throw wrong("after top-level value");
    }
  }

  /**
   * Reads one value that is not a container, or into one, and on to where the next value begins.
   *
   * @return whether there is a next one
   */
  private boolean value() {
    int c = need();
    switch (c) {
      case '{' -> {
        enter(true);
        if (need() == '}') {
          at++;
          return leave();
        }
        key();
        return true;
      }
      case '[' -> {
        enter(false);
        if (need() == ']') {
          at++;
          return leave();
        }
        return true;
      }
      case '"' -> string();
      case 't' -> literal("true");
      case 'f' -> literal("false");
      case 'n' -> literal("null");
      default -> {
        if (c != '-' && (c < '0' || c > '9')) {
          throw wrong("looking for beginning of value");
        }
        number();
      }
    }
    return next();
  }

  private void enter(boolean object) {
    at++;
    if (++depth > DEEPEST) {
      throw new Found("exceeded max depth");
    }
    objects.set(depth, object);
  }

  private boolean leave() {
    depth--;
    return next();
  }

  /** Behind a value: to the next one in its container, or out of it. */
  private boolean next() {
    while (depth > 0) {
      boolean object = objects.get(depth);
      int c = need();
      if (c == ',') {
        at++;
        if (object) {
          key();
        }
        return true;
      }
      if (c != (object ? '}' : ']')) {
        throw wrong(object ? "after object key:value pair" : "after array element");
      }
      at++;
      depth--;
    }
    return false;
  }

  private void key() {
    if (need() != '"') {
      throw wrong("looking for beginning of object key string");
    }
    string();
    if (need() != ':') {
      throw wrong("after object key");
    }
    at++;
  }

  private void string() {
    at++;
    for (int c; (c = raw()) != '"'; at++) {
      if (at >= json.length) {
        throw new Found(END);
      } else if (c == '\\') {
        at++;
        escape();
      } else if (c < ' ') {
        throw wrong("in string literal");
      }
    }
    at++;
  }

  private void escape() {
    int c = raw();
    if (c == 'u') {
      for (int i = 0; i < 4; i++) {
        at++;
        if (Character.digit((char) raw(), 16) < 0) {
          throw wrong("in \\u hexadecimal character escape");
        }
      }
    } else if ("bfnrt\\/\"".indexOf(c) < 0) {
      throw wrong("in string escape code");
    }
  }

  private void literal(String word) {
    for (int i = 1; i < word.length(); i++) {
      at++;
      if (raw() != word.charAt(i)) {
        throw wrong("in literal " + word + " (expecting '" + word.charAt(i) + "')");
      }
    }
    at++;
  }

  private void number() {
    if (raw() == '-') {
      at++;
      if (!isDigit(raw())) {
        throw wrong("in numeric literal");
      }
    }
    if (raw() == '0') {
      at++;
    } else {
      digits();
    }
    if (at < json.length && json[at] == '.') {
      at++;
      if (!isDigit(raw())) {
        throw wrong("after decimal point in numeric literal");
      }
      digits();
    }
    if (at < json.length && (json[at] == 'e' || json[at] == 'E')) {
      at++;
      if (raw() == '+' || raw() == '-') {
        at++;
      }
      if (!isDigit(raw())) {
        throw wrong("in exponent of numeric literal");
      }
      digits();
    }
  }

  private void digits() {
    while (at < json.length && isDigit(json[at])) {
      at++;
    }
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  /** The byte that is here; behind the end, a blank: so Go tells of what is cut off. */
  private int raw() {
    return at < json.length ? json[at] & 0xff : ' ';
  }

  /** The next byte that is no blank; there must be one. */
  private int need() {
    int c = peek();
    if (c < 0) {
      throw new Found(END);
    }
    return c;
  }

  private int peek() {
    while (at < json.length && " \t\r\n".indexOf(json[at]) >= 0) {
      at++;
    }
    return at < json.length ? json[at] & 0xff : -1;
  }

  private Found wrong(String where) {
    char c = (char) raw();
    String shown =
        switch (c) {
          case '\'' -> "'\\''";
          case '"' -> "'\"'";
          default -> {
            String quoted = GoQuote.of(String.valueOf(c));
            yield "'" + quoted.substring(1, quoted.length() - 1) + "'";
          }
        };
    return new Found("invalid character " + shown + " " + where);
  }
}
