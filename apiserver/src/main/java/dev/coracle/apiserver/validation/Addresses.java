package dev.coracle.apiserver.validation;

import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.net.InetAddress;

/** IP addresses, CIDRs and ports. */
final class Addresses {

  private Addresses() {}

  static boolean isIp(String text) {
    if (text.isEmpty() || text.length() > 45 || text.indexOf('%') >= 0) {
      return false;
    }
    boolean v6 = text.indexOf(':') >= 0;
    if (!v6) {
      String[] parts = text.split("\\.", -1);
      if (parts.length != 4) {
        return false;
      }
      for (String p : parts) {
        if (!p.matches("0|[1-9]\\d{0,2}") || Integer.parseInt(p) > 255) {
          return false;
        }
      }
      return true;
    }
    try {
      return InetAddress.ofLiteral(text) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  static boolean isCidr(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !isIp(text.substring(0, slash))) {
      return false;
    }
    String bits = text.substring(slash + 1);
    int max = text.indexOf(':') >= 0 ? 128 : 32;
    return bits.matches("0|[1-9]\\d{0,2}") && Integer.parseInt(bits) <= max;
  }

  static void ip(String text, FieldPath path, String child, FieldErrors errors) {
    if (!isIp(text)) {
      errors.invalid(
          path, child, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
  }

  static void cidr(String text, FieldPath path, String child, FieldErrors errors) {
    if (!isCidr(text)) {
      errors.invalid(
          path, child, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }
  }

  static void port(long port, FieldPath path, String child, FieldErrors errors) {
    if (port < 1 || port > 65535) {
      errors.invalid(path, child, port, "must be between 1 and 65535, inclusive");
    }
  }
}
