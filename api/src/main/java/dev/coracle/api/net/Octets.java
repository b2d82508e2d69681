package dev.coracle.api.net;

import dev.coracle.api.GoQuote;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * The percent signs of URLs (RFC 3986 section 2.1) as Go reads and writes them, on texts in which
 * each character stands for one octet of UTF-8.
 */
final class Octets {

  /** Of a URL; each has signs of its own. */
  enum Part {
    HOST,
    ZONE,
    OTHER
  }

  private static final String UNRESERVED = "-_.~";
  private static final String IN_HOST = UNRESERVED + "!$&'()*+,;=:[]<>\"";

  /** Stay as they are when a path is escaped. */
  private static final String IN_PATH = UNRESERVED + "$&+,/:;=@";

  /** May stand in a path as it is, although they need not. */
  private static final String ALSO_IN_PATH = "!'()*[]%";

  private Octets() {}

  static String of(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  static String text(String octets) {
    return new String(octets.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  /**
   * @throws IllegalArgumentException for a percent sign without two digits, and for what the part
   *     may not have
   */
  static String unescape(String octets, Part part) {
    StringBuilder out = new StringBuilder(octets.length());
    for (int i = 0; i < octets.length(); i++) {
      char c = octets.charAt(i);
      if (c != '%') {
        if (part != Part.OTHER && c < 0x80 && !isIn(c, IN_HOST)) {
          throw new IllegalArgumentException(
              "invalid character " + GoQuote.of(String.valueOf(c)) + " in host name");
        }
        out.append(c);
        continue;
      }
      String three = octets.substring(i, Math.min(octets.length(), i + 3));
      if (three.length() < 3
          || !HexFormat.isHexDigit(three.charAt(1))
          || !HexFormat.isHexDigit(three.charAt(2))) {
        throw badEscape(three);
      }
      char value = (char) HexFormat.fromHexDigits(three, 1, 3);
      boolean fits =
          switch (part) {
            case HOST -> value >= 0x80;
            case ZONE -> value == ' ' || isIn(value, IN_HOST);
            case OTHER -> true;
          };
      if (!fits && value != '%') {
        throw badEscape(three);
      }
      out.append(value);
      i += 2;
    }
    return out.toString();
  }

  private static IllegalArgumentException badEscape(String octets) {
    return new IllegalArgumentException("invalid URL escape " + GoQuote.of(text(octets)));
  }

  /** Whether all may stand in a path as it is. */
  static boolean isPath(String octets) {
    return octets.chars().allMatch(c -> isIn(c, IN_PATH) || ALSO_IN_PATH.indexOf(c) >= 0);
  }

  static String escapePath(String octets) {
    StringBuilder out = new StringBuilder(octets.length());
    octets
        .chars()
        .forEach(c -> {
          if (isIn(c, IN_PATH)) {
            out.append((char) c);
          } else {
            out.append('%').append(HexFormat.of().withUpperCase().toHexDigits((byte) c));
          }
        });
    return out.toString();
  }

  private static boolean isIn(int c, String signs) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || signs.indexOf(c) >= 0;
  }
}
