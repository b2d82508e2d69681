package dev.coracle.cel;

import dev.coracle.api.GoQuote;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Why a text is no IP address or network, in the words of Go's netip, which expressions' errors
 * quote.
 */
final class AddressFaults {

  private AddressFaults() {}

  /** Empty for an address, with a zone or mapped too, which are refused for other reasons. */
  static Optional<String> ofAddress(String text) {
    String fault = address(text);
    return fault == null
        ? Optional.empty()
        : Optional.of("ParseAddr(" + GoQuote.of(text) + "): " + fault);
  }

  /** Empty for a network of addresses that have no zone. */
  static Optional<String> ofPrefix(String text) {
    String fault = prefix(text);
    return fault == null
        ? Optional.empty()
        : Optional.of("netip.ParsePrefix(" + GoQuote.of(text) + "): " + fault);
  }

  private static @Nullable String prefix(String text) {
    int slash = text.lastIndexOf('/');
    if (slash < 0) {
      return "no '/'";
    }
    String ip = text.substring(0, slash);
    Optional<String> fault = ofAddress(ip);
    if (fault.isPresent()) {
      return fault.get();
    }
    if (ip.indexOf('%') >= 0) {
      return "IPv6 zones cannot be present in a prefix";
    }
    String bits = text.substring(slash + 1);
    if (!bits.matches("0|[1-9][0-9]*")) {
      return "bad bits after slash: " + GoQuote.of(bits);
    }
    int most = ip.indexOf(':') < 0 ? 32 : 128;
    return bits.length() > 3 || Integer.parseInt(bits) > most ? "prefix length out of range" : null;
  }

  private static @Nullable String address(String text) {
    for (int i = 0; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '.' -> {
          return v4(text);
        }
        case ':' -> {
          return v6(text);
        }
        case '%' -> {
          return "missing IPv6 address";
        }
        default -> {}
      }
    }
    return "unable to parse IP";
  }

  private static @Nullable String v4(String text) {
    int field = 0;
    int digits = 0;
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= '0' && c <= '9') {
        if (digits == 1 && value == 0) {
          return "IPv4 field has octet with leading zero";
        }
        value = value * 10 + c - '0';
        digits++;
        if (value > 255) {
          return "IPv4 field has value >255";
        }
      } else if (c != '.') {
        return at("unexpected character", text.substring(i));
      } else if (digits == 0 || i == text.length() - 1) {
        return at("IPv4 field must have at least one digit", text.substring(i));
      } else if (field == 3) {
        return "IPv4 address too long";
      } else {
        field++;
        digits = 0;
        value = 0;
      }
    }
    return field < 3 ? "IPv4 address too short" : null;
  }

  private static @Nullable String v6(String text) {
    int zone = text.indexOf('%');
    if (zone == text.length() - 1) {
      return "zone must be a non-empty string";
    }
    String left = zone < 0 ? text : text.substring(0, zone);
    boolean ellipsis = left.startsWith("::");
    left = ellipsis ? left.substring(2) : left;
    int groups = 0;
    while (groups < 8 && !(ellipsis && groups == 0 && left.isEmpty())) {
      int digits = 0;
      while (digits < left.length()
          && Character.digit(left.charAt(digits), 16) >= 0
          && left.charAt(digits) < 128) {
        if (++digits > 4) {
          return at("each group must have 4 or less digits", left);
        }
      }
      if (digits == 0) {
        return at("each colon-separated field must have at least one digit", left);
      }
      if (left.startsWith(".", digits)) {
        if (!ellipsis && groups != 6) {
          return at("embedded IPv4 address must replace the final 2 fields of the address", left);
        }
        if (groups > 6) {
          return at("too many hex fields to fit an embedded IPv4 at the end of the address", left);
        }
        String fault = v4(left);
        if (fault != null) {
          return fault;
        }
        groups += 2;
        left = "";
        break;
      }
      groups++;
      left = left.substring(digits);
      if (left.isEmpty()) {
        break;
      }
      if (left.charAt(0) != ':') {
        return at("unexpected character, want colon", left);
      }
      if (left.length() == 1) {
        return at("colon must be followed by more characters", left);
      }
      left = left.substring(1);
      if (left.charAt(0) == ':') {
        if (ellipsis) {
          return at("multiple :: in address", left);
        }
        ellipsis = true;
        left = left.substring(1);
        if (left.isEmpty()) {
          break;
        }
      }
    }
    if (!left.isEmpty()) {
      return at("trailing garbage after address", left);
    }
    if (groups < 8) {
      return ellipsis ? null : "address string too short";
    }
    return ellipsis ? "the :: must expand to at least one field of zeros" : null;
  }

  private static String at(String words, String rest) {
    return words + " (at " + GoQuote.of(rest) + ")";
  }
}
