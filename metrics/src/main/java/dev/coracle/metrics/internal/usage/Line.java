package dev.coracle.metrics.internal.usage;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One sample of the Prometheus text format. */
record Line(String name, Map<String, String> labels, double value, Instant time) {

  /** Null for what is no sample. */
  static @Nullable Line parse(String line, Instant now) {
    int brace = line.indexOf('{');
    int close = line.lastIndexOf('}');
    int space = line.indexOf(' ', Math.max(close, 0));
    if (space < 0 || (brace >= 0 && close < brace)) {
      return null;
    }
    String name = line.substring(0, brace >= 0 ? brace : space);
    String[] rest = line.substring(space + 1).trim().split(" +");
    try {
      double value = Double.parseDouble(rest[0]);
      Instant time =
          rest.length > 1 ? Instant.ofEpochMilli((long) Double.parseDouble(rest[1])) : now;
      return new Line(
          name, brace >= 0 ? labels(line.substring(brace + 1, close)) : Map.of(), value, time);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static Map<String, String> labels(String text) {
    Map<String, String> labels = new HashMap<>();
    int at = 0;
    while (at < text.length()) {
      int equals = text.indexOf("=\"", at);
      if (equals < 0) {
        break;
      }
      StringBuilder value = new StringBuilder();
      int i = equals + 2;
      for (; i < text.length() && text.charAt(i) != '"'; i++) {
        char c = text.charAt(i);
        if (c == '\\' && i + 1 < text.length()) {
          c = text.charAt(++i);
          value.append(c == 'n' ? '\n' : c);
        } else {
          value.append(c);
        }
      }
      labels.put(text.substring(at, equals).trim(), value.toString());
      at = text.indexOf(',', i) < 0 ? text.length() : text.indexOf(',', i) + 1;
    }
    return labels;
  }

  String container() {
    return labels.getOrDefault("namespace", "")
        + "/"
        + labels.getOrDefault("pod", "")
        + "/"
        + labels.getOrDefault("container", "");
  }
}
