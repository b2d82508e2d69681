package dev.coracle.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionOverload;
import dev.coracle.api.net.RequestUri;

/** URLs: {@code url("https://a:80/b?c=d").getHost()}. */
final class UrlLibrary {

  private static final CelType URL = OpaqueType.create("kubernetes.URL");

  private UrlLibrary() {}

  static void addTo(Libraries libraries) {
    libraries.global(
        "url", "string_to_url", URL, SimpleType.STRING, String.class, UrlLibrary::parse);
    libraries.global(
        "isURL",
        "is_url_string",
        SimpleType.BOOL,
        SimpleType.STRING,
        String.class,
        RequestUri::isValid);
    part(libraries, "getScheme", RequestUri::scheme);
    part(libraries, "getHost", RequestUri::host);
    part(libraries, "getHostname", RequestUri::hostname);
    part(libraries, "getPort", RequestUri::port);
    part(libraries, "getEscapedPath", RequestUri::escapedPath);
    libraries.member(
        "getQuery",
        "url_get_query",
        MapType.create(SimpleType.STRING, ListType.create(SimpleType.STRING)),
        URL,
        RequestUri.class,
        RequestUri::query);
  }

  private static void part(
      Libraries libraries, String name, CelFunctionOverload.Unary<RequestUri> part) {
    libraries.member(name, "url_" + name, SimpleType.STRING, URL, RequestUri.class, part);
  }

  private static RequestUri parse(String text) {
    try {
      return RequestUri.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CelFailure(
          "URL parse error during conversion from string: " + e.getMessage(), false);
    }
  }
}
