package dev.coracle.kubelet.server.stats;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Collects samples by metric family and prints the Prometheus text format 0.0.4 with every family
 * together, in order of first mention. Not thread-safe; one per scrape.
 */
final class PrometheusText {
  private final Map<String, StringBuilder> families = new LinkedHashMap<>();

  /** Declares a family; samples of an undeclared one are an error. */
  PrometheusText family(String name, String type, String help) {
    families.putIfAbsent(
        name,
        new StringBuilder("# HELP ")
            .append(name)
            .append(' ')
            .append(help)
            .append("\n# TYPE ")
            .append(name)
            .append(' ')
            .append(type)
            .append('\n'));
    return this;
  }

  /**
   * Adds a sample; a null value adds nothing. {@code labels} are name, value pairs already in
   * order.
   */
  void sample(String name, @Nullable Number value, @Nullable Instant time, String... labels) {
    if (value == null) {
      return;
    }
    StringBuilder out = families.get(name);
    if (out == null) {
      throw new IllegalArgumentException("undeclared family " + name);
    }
    out.append(name);
    if (labels.length > 0) {
      out.append('{');
      for (int i = 0; i < labels.length; i += 2) {
        out.append(i == 0 ? "" : ",").append(labels[i]).append("=\"");
        escape(out, labels[i + 1]);
        out.append('"');
      }
      out.append('}');
    }
    out.append(' ').append(number(value));
    if (time != null) {
      out.append(' ').append(time.toEpochMilli());
    }
    out.append('\n');
  }

  /** The whole text; families without samples are left out. */
  @Override
  public String toString() {
    StringBuilder all = new StringBuilder();
    families.values().stream()
        .filter(f -> f.toString().lines().skip(2).findAny().isPresent())
        .forEach(all::append);
    return all.toString();
  }

  private static String number(Number value) {
    if (value instanceof Double d) {
      return d == Math.rint(d) && Math.abs(d) < 1e15
          ? Long.toString(d.longValue())
          : Double.toString(d);
    }
    return value.toString();
  }

  private static void escape(StringBuilder out, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '\\' -> out.append("\\\\");
        case '"' -> out.append("\\\"");
        case '\n' -> out.append("\\n");
        default -> out.append(c);
      }
    }
  }
}
