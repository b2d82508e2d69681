package dev.coracle.apiserver.internal.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A query as Go's {@code net/url} reads it for upstream: names are told by case, and pairs that are
 * malformed are left out.
 */
final class QueryString {

  private final Map<String, List<String>> values = new LinkedHashMap<>();

  QueryString(@Nullable String raw) {
    if (raw == null || raw.isEmpty()) {
      return;
    }
    for (String pair : raw.split("&")) {
      if (!pair.isEmpty() && pair.indexOf(';') < 0) {
        int equals = pair.indexOf('=');
        String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
        if (name != null && value != null) {
          values.computeIfAbsent(name, _ -> new ArrayList<>(1)).add(value);
        }
      }
    }
  }

  /** The first value; empty where there is none. */
  String first(String name) {
    List<String> all = values.get(name);
    return all == null ? "" : all.getFirst();
  }

  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  /** Whether it is given, and is neither {@code false} nor {@code 0}: all else says yes. */
  boolean flag(String name) {
    String value = first(name);
    return has(name) && !value.equalsIgnoreCase("false") && !value.equals("0");
  }

  private static @Nullable String decoded(String text) {
    if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
      return text;
    }
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
