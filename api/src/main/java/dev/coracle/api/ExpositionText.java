package dev.coracle.api;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Prometheus text format 0.0.4 in the making. Families keep the order of their declaration, and
 * each stays in one piece however its samples come. Not thread-safe; one for each scrape.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">Exposition
 *     formats</a>
 */
public final class ExpositionText {

  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final Map<String, StringBuilder> families = new LinkedHashMap<>();

  /** Declares a gauge; a family without samples is not printed. */
  public ExpositionText gauge(String name, String help) {
    return family(name, "gauge", help);
  }

  public ExpositionText counter(String name, String help) {
    return family(name, "counter", help);
  }

  private ExpositionText family(String name, String type, String help) {
    families.put(
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
   * Adds a sample of a declared family.
   *
   * @param labels name, value, name, value, …
   */
  public void sample(String name, double value, String... labels) {
    sampleAt(name, value, null, labels);
  }

  /**
   * Adds a sample that was taken at another time than that of the scrape.
   *
   * @param value null adds nothing
   * @param time null is the scrape's
   */
  public void sampleAt(
      String name, @Nullable Number value, @Nullable Instant time, String... labels) {
    if (value == null) {
      return;
    }
    StringBuilder out = families.get(name);
    if (out == null) {
      throw new IllegalArgumentException("undeclared family " + name);
    }
    out.append(name);
    for (int i = 0; i < labels.length; i += 2) {
      out.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"");
      escape(out, labels[i + 1]);
      out.append('"');
    }
    out.append(labels.length > 0 ? "} " : " ");
    number(out, value.doubleValue());
    if (time != null) {
      out.append(' ').append(time.toEpochMilli());
    }
    out.append('\n');
  }

  private static void number(StringBuilder out, double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      out.append((long) value);
    } else if (Double.isNaN(value)) {
      out.append("NaN");
    } else if (Double.isInfinite(value)) {
      out.append(value > 0 ? "+Inf" : "-Inf");
    } else {
      out.append(value);
    }
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

  @Override
  public String toString() {
    StringBuilder all = new StringBuilder();
    for (Map.Entry<String, StringBuilder> family : families.entrySet()) {
      StringBuilder text = family.getValue();
      if (text.charAt(text.lastIndexOf("\n", text.length() - 2) + 1) != '#') {
        all.append(text);
      }
    }
    return all.toString();
  }
}
