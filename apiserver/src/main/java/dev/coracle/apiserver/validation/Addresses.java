package dev.coracle.apiserver.validation;

import dev.coracle.api.GoQuote;
import dev.coracle.api.validation.AddressText;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;

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
    String problem = problem(text);
    if (!problem.isEmpty()) {
      errors.invalid(path, child, text, problem);
    }
  }

  private static String problem(String text) {
    if (!isIp(text)) {
      return isIp(withoutZeros(text))
          ? "must not have leading 0s"
          : "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    }
    return isMapped(text) ? "must not be an IPv4-mapped IPv6 address" : "";
  }

  /** What is wrong with a text that names an address, in the one way to write it (RFC 5952). */
  static List<String> canonicalIp(String text) {
    String problem = problem(text);
    if (!problem.isEmpty()) {
      return List.of(problem);
    }
    return canonical(text, AddressText.canonical(InetAddress.ofLiteral(text).getAddress()));
  }

  private static List<String> canonical(String text, String form) {
    return text.equals(form)
        ? List.of()
        : List.of("must be in canonical form (" + GoQuote.of(form) + ")");
  }

  /** A network, in the one way to write it. */
  static void canonicalNetwork(String text, FieldPath path, FieldErrors errors) {
    int before = errors.causes().size();
    network(text, Set.of(), path, "", errors);
    if (errors.causes().size() == before) {
      int slash = text.indexOf('/');
      byte[] address = InetAddress.ofLiteral(text.substring(0, slash)).getAddress();
      String form = AddressText.canonical(address) + text.substring(slash);
      errors.invalid(path, "", text, canonical(text, form));
    }
  }

  /** Whether it is an address, also one with leading zeros as they were read once. */
  static boolean isReadable(String text) {
    return isIp(text) || isIp(withoutZeros(text));
  }

  /** An IPv4 address in the clothes of IPv6, which not all programs take for the same. */
  private static boolean isMapped(String text) {
    return text.indexOf(':') >= 0 && InetAddress.ofLiteral(text) instanceof Inet4Address;
  }

  /** What a text is that some programs read as octal numbers, and others not. */
  private static String withoutZeros(String text) {
    return text.replaceAll("(^|[./])0+(?=\\d)", "$1");
  }

  /**
   * An address where a Service's endpoints are found. Upstream refuses loopback addresses too, but
   * servers and Pods have no others on a machine without a network.
   */
  static void endpoint(String text, FieldPath path, FieldErrors errors) {
    ip(text, path, "", errors);
    if (isIp(text)) {
      if (!InetAddress.ofLiteral(text).isLoopbackAddress()) {
        nonSpecial(text, path, errors);
      }
    } else if (!isReadable(text)) {
      errors.invalid(path, "", text, "must be a valid IP address");
    }
  }

  /** Not one that means something else on every machine, as the loopback addresses do. */
  static void nonSpecial(String text, FieldPath path, FieldErrors errors) {
    InetAddress ip = InetAddress.ofLiteral(text);
    if (ip.isAnyLocalAddress()) {
      errors.invalid(path, "", text, "may not be unspecified (" + text + ")");
    }
    if (ip.isLoopbackAddress()) {
      errors.invalid(path, "", text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    if (ip.isLinkLocalAddress()) {
      errors.invalid(
          path, "", text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if (ip.isMCLinkLocal()) {
      errors.invalid(
          path, "", text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
  }

  /** Whether a network lies in another one and is smaller than it. */
  static boolean isStrictSubset(String cidr, String of) {
    int slash = of.indexOf('/');
    int bits = Integer.parseInt(of.substring(slash + 1));
    int own = cidr.indexOf('/');
    byte[] outer = InetAddress.ofLiteral(of.substring(0, slash)).getAddress();
    byte[] inner = InetAddress.ofLiteral(cidr.substring(0, own)).getAddress();
    if (outer.length != inner.length || Integer.parseInt(cidr.substring(own + 1)) <= bits) {
      return false;
    }
    for (int i = 0; i < bits; i++) {
      int mask = 0x80 >> i % 8;
      if ((outer[i / 8] & mask) != (inner[i / 8] & mask)) {
        return false;
      }
    }
    return true;
  }

  static void cidr(String text, FieldPath path, String child, FieldErrors errors) {
    if (!isCidr(text)) {
      errors.invalid(
          path,
          child,
          text,
          isCidr(withoutZeros(text))
              ? "must not have leading 0s in IP or prefix length"
              : "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }
  }

  /**
   * As {@link #cidr}, of one that says what it means: a network, and not an address in one
   * (KEP-4858).
   *
   * @param known what stood there before, and may stay
   */
  static void network(
      String text, Set<String> known, FieldPath path, String child, FieldErrors errors) {
    if (known.contains(text)) {
      return;
    }
    cidr(text, path, child, errors);
    if (!isCidr(text)) {
      return;
    }
    int slash = text.indexOf('/');
    if (isMapped(text.substring(0, slash))) {
      errors.invalid(path, child, text, "must not have an IPv4-mapped IPv6 address");
      return;
    }
    byte[] address = InetAddress.ofLiteral(text.substring(0, slash)).getAddress();
    for (int i = Integer.parseInt(text.substring(slash + 1)); i < address.length * 8; i++) {
      if ((address[i / 8] & 0x80 >> i % 8) != 0) {
        errors.invalid(path, child, text, "must not have bits set beyond the prefix length");
        return;
      }
    }
  }

  static void port(long port, FieldPath path, String child, FieldErrors errors) {
    if (port < 1 || port > 65535) {
      errors.invalid(path, child, port, "must be between 1 and 65535, inclusive");
    }
  }
}
