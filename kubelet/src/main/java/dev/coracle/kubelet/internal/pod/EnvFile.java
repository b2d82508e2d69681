package dev.coracle.kubelet.internal.pod;

import java.util.Optional;

/**
 * A file of environment variables (KEP-3721): {@code NAME='value'}, as a POSIX shell would read it.
 * A value stands in single quotes, means what it says and may have several lines; blank lines and
 * lines that begin with {@code #} are left out.
 */
public final class EnvFile {
  private final String text;
  private int at;
  private int line = 1;

  private EnvFile(String text) {
    this.text = text;
  }

  /**
   * The value of the first variable of this name.
   *
   * @throws IllegalArgumentException that says what is wrong with the file, and in which line
   */
  public static Optional<String> value(String text, String name) {
    return new EnvFile(text).find(name);
  }

  private Optional<String> find(String wanted) {
    while (at < text.length()) {
      skipBlanks();
      if (at == text.length()) {
        break;
      }
      char c = text.charAt(at);
      if (c == '\n' || c == '#') {
        endLine();
        continue;
      }
      String name = name();
      String value = value();
      if (name.equals(wanted)) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }

  private String name() {
    int end = text.indexOf('\n', at);
    int equals = text.indexOf('=', at);
    if (equals <= at || end >= 0 && equals > end) {
      throw wrong("invalid environment variable format");
    }
    String name = text.substring(at, equals);
    if (!name.equals(name.stripTrailing())) {
      throw wrong("invalid environment variable format: whitespace before '=' is not allowed");
    }
    at = equals + 1;
    return name;
  }

  private String value() {
    if (at == text.length() || text.charAt(at) != '\'') {
      throw wrong("invalid environment variable format: value must be enclosed in single quotes");
    }
    int close = text.indexOf('\'', at + 1);
    if (close < 0) {
      throw wrong("invalid environment variable format: unclosed single quote");
    }
    String value = text.substring(at + 1, close);
    int begun = line;
    line += (int) value.chars().filter(c -> c == '\n').count();
    at = close + 1;
    skipBlanks();
    boolean apart = at > close + 1;
    if (at < text.length() && text.charAt(at) != '\n' && !(apart && text.charAt(at) == '#')) {
      line = begun;
      throw wrong("invalid environment variable format: unexpected content after closing quote");
    }
    endLine();
    return value;
  }

  private void skipBlanks() {
    while (at < text.length()
        && (text.charAt(at) == ' ' || text.charAt(at) == '\t' || text.charAt(at) == '\r')) {
      at++;
    }
  }

  private void endLine() {
    int end = text.indexOf('\n', at);
    at = end < 0 ? text.length() : end + 1;
    line++;
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException(what + " at line " + line);
  }
}
