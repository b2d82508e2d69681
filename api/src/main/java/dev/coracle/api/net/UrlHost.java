package dev.coracle.api.net;

/** How hosts stand in URLs and in the header {@code Host} (RFC 3986 section 3.2.2). */
public final class UrlHost {

  private UrlHost() {}

  /** A name or an address of IPv4 as it is, an address of IPv6 in brackets. */
  public static String of(String host) {
    return host.indexOf(':') < 0 || host.startsWith("[") ? host : "[" + host + "]";
  }
}
