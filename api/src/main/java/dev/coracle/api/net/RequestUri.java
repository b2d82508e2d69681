package dev.coracle.api.net;

import dev.coracle.api.GoQuote;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What stands in a request line, as Go's {@code url.ParseRequestURI} reads it: a URL with a scheme,
 * a path from the root on, or {@code *}. A fragment is none: its sign is a character of the path.
 *
 * @param scheme in lower case; empty for a path
 * @param opaque what follows the scheme where that is no path from the root on
 * @param user as it was written, before the last {@code @}
 * @param host with its port, percent signs resolved
 * @param escapedPath as it was written where that is a valid form of it, else escaped anew
 * @param rawQuery without the question mark
 */
public record RequestUri(
    String scheme, String opaque, String user, String host, String escapedPath, String rawQuery) {

  private static final Pattern PORT = Pattern.compile("(:[0-9]*)?");
  private static final Pattern USER = Pattern.compile("[A-Za-z0-9._:~!$&'()*+,;=%@-]*+");
  private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*");

  /**
   * @throws IllegalArgumentException with Go's words: {@code parse "a": invalid URI for request}
   */
  public static RequestUri parse(String text) {
    try {
      return read(Octets.of(text));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("parse " + GoQuote.of(text) + ": " + e.getMessage(), e);
    }
  }

  public static boolean isValid(String text) {
    try {
      read(Octets.of(text));
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static RequestUri read(String raw) {
    if (raw.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw new IllegalArgumentException("net/url: invalid control character in URL");
    }
    if (raw.isEmpty()) {
      throw new IllegalArgumentException("empty url");
    }
    if (raw.equals("*")) {
      return new RequestUri("", "", "", "", "*", "");
    }
    int colon = schemeEnd(raw);
    String scheme = colon < 0 ? "" : raw.substring(0, colon).toLowerCase(Locale.ROOT);
    String rest = raw.substring(colon + 1);
    int mark = rest.indexOf('?');
    String query = mark < 0 ? "" : Octets.text(rest.substring(mark + 1));
    rest = mark < 0 ? rest : rest.substring(0, mark);
    if (!rest.startsWith("/")) {
      if (scheme.isEmpty()) {
        throw new IllegalArgumentException("invalid URI for request");
      }
      return new RequestUri(scheme, Octets.text(rest), "", "", "", query);
    }
    if (scheme.isEmpty() || !rest.startsWith("//")) {
      return new RequestUri(scheme, "", "", "", path(rest), query);
    }
    int slash = rest.indexOf('/', 2);
    String authority = slash < 0 ? rest.substring(2) : rest.substring(2, slash);
    int at = authority.lastIndexOf('@');
    String host = Octets.text(host(scheme, authority.substring(at + 1)));
    String user = at < 0 ? "" : authority.substring(0, at);
    if (!USER.matcher(user).matches()) {
      throw new IllegalArgumentException("net/url: invalid userinfo");
    }
    Octets.unescape(user, Octets.Part.OTHER);
    return new RequestUri(
        scheme, "", user, host, path(slash < 0 ? "" : rest.substring(slash)), query);
  }

  /** The colon after a scheme, -1 where there is none. */
  private static int schemeEnd(String raw) {
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
      if (c == ':' && i == 0) {
        throw new IllegalArgumentException("missing protocol scheme");
      }
      if (c == ':') {
        return i;
      }
      boolean later = c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.';
      if (!letter && (i == 0 || !later)) {
        return -1;
      }
    }
    return -1;
  }

  private static String host(String scheme, String host) {
    int open = host.lastIndexOf('[');
    if (open > 0) {
      throw new IllegalArgumentException("invalid IP-literal");
    }
    if (open == 0) {
      return literal(host);
    }
    // Databases have lists of hosts with their ports there.
    boolean strict = scheme.equals("http") || scheme.equals("https");
    int colon = strict ? host.indexOf(':') : host.lastIndexOf(':');
    if (colon >= 0) {
      requirePort(host.substring(colon));
    }
    return Octets.unescape(host, Octets.Part.HOST);
  }

  private static String literal(String host) {
    int close = host.lastIndexOf(']');
    if (close < 0) {
      throw new IllegalArgumentException("missing ']' in host");
    }
    String port = host.substring(close + 1);
    requirePort(port);
    String inside = host.substring(1, close);
    int zone = inside.indexOf("%25");
    String address =
        zone < 0
            ? Octets.unescape(inside, Octets.Part.HOST)
            : Octets.unescape(inside.substring(0, zone), Octets.Part.HOST)
                + Octets.unescape(inside.substring(zone), Octets.Part.ZONE);
    int percent = address.indexOf('%');
    String number = percent < 0 ? address : address.substring(0, percent);
    if (Cidr.number(address).isPresent() && address.indexOf(':') < 0) {
      throw new IllegalArgumentException("invalid IP-literal");
    }
    if (percent == address.length() - 1 && percent >= 0 || !isIpv6(number)) {
      throw new IllegalArgumentException(
          "invalid host: ParseAddr(" + GoQuote.of(Octets.text(address)) + "): unable to parse IP");
    }
    return "[" + address + "]" + port;
  }

  /** An address of IPv4 in the form of IPv6 is one. */
  private static boolean isIpv6(String text) {
    try {
      return IPV6.matcher(text).matches() && InetAddress.ofLiteral(text) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static void requirePort(String port) {
    if (!PORT.matcher(port).matches()) {
      throw new IllegalArgumentException(
          "invalid port " + GoQuote.of(Octets.text(port)) + " after host");
    }
  }

  private static String path(String raw) {
    String plain = Octets.unescape(raw, Octets.Part.OTHER);
    return Octets.isPath(raw) ? raw : Octets.escapePath(plain);
  }

  public String hostname() {
    String name = host.substring(0, portColon());
    return name.startsWith("[") && name.endsWith("]") ? name.substring(1, name.length() - 1) : name;
  }

  /** Empty where there is none. */
  public String port() {
    int colon = portColon();
    return colon == host.length() ? "" : host.substring(colon + 1);
  }

  private int portColon() {
    int colon = host.lastIndexOf(':');
    return colon >= 0 && PORT.matcher(host.substring(colon)).matches() ? colon : host.length();
  }

  /** By name; what cannot be read, or has a semicolon, is left out. */
  public Map<String, List<String>> query() {
    Map<String, List<String>> out = new LinkedHashMap<>();
    for (String part : rawQuery.split("&")) {
      if (part.isEmpty() || part.indexOf(';') >= 0) {
        continue;
      }
      int is = part.indexOf('=');
      try {
        String name = decoded(is < 0 ? part : part.substring(0, is));
        String value = is < 0 ? "" : decoded(part.substring(is + 1));
        out.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
      } catch (IllegalArgumentException e) {
        continue;
      }
    }
    return out;
  }

  private static String decoded(String part) {
    String octets = new String(part.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    return Octets.text(Octets.unescape(octets.replace('+', ' '), Octets.Part.OTHER));
  }
}
