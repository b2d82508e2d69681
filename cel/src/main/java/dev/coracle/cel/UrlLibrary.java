package dev.coracle.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionOverload;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
        text -> {
          try {
            parse(text);
            return true;
          } catch (CelFailure e) {
            return false;
          }
        });
    part(libraries, "getScheme", u -> empty(u.getScheme()));
    part(libraries, "getHost", UrlLibrary::host);
    part(libraries, "getHostname", u -> empty(u.getHost()).replaceAll("[\\[\\]]", ""));
    part(libraries, "getPort", u -> u.getPort() < 0 ? "" : Integer.toString(u.getPort()));
    part(libraries, "getEscapedPath", u -> empty(u.getRawPath()));
    libraries.member(
        "getQuery",
        "url_get_query",
        MapType.create(SimpleType.STRING, ListType.create(SimpleType.STRING)),
        URL,
        URI.class,
        UrlLibrary::query);
  }

  private static void part(Libraries libraries, String name, CelFunctionOverload.Unary<URI> part) {
    libraries.member(name, "url_" + name, SimpleType.STRING, URL, URI.class, part);
  }

  private static String empty(@org.jspecify.annotations.Nullable String text) {
    return text == null ? "" : text;
  }

  private static String host(URI u) {
    return empty(u.getHost()) + (u.getPort() < 0 ? "" : ":" + u.getPort());
  }

  static URI parse(String text) {
    try {
      URI uri = new URI(text);
      if (uri.isAbsolute() || text.startsWith("/")) {
        return uri;
      }
    } catch (URISyntaxException e) {
      throw new CelFailure("URL parse error during conversion from string: " + text, false);
    }
    throw new CelFailure(
        "URL parse error during conversion from string: parse \""
            + text
            + "\": invalid URI for request",
        false);
  }

  private static Map<String, List<String>> query(URI u) {
    Map<String, List<String>> out = new LinkedHashMap<>();
    for (String part : empty(u.getRawQuery()).split("&")) {
      if (!part.isEmpty()) {
        int is = part.indexOf('=');
        String key =
            URLDecoder.decode(is < 0 ? part : part.substring(0, is), StandardCharsets.UTF_8);
        String value =
            is < 0 ? "" : URLDecoder.decode(part.substring(is + 1), StandardCharsets.UTF_8);
        out.computeIfAbsent(key, _ -> new ArrayList<>()).add(value);
      }
    }
    return out;
  }
}
