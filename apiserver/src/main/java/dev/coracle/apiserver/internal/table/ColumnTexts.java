package dev.coracle.apiserver.internal.table;

import dev.coracle.apiserver.openapi.Descriptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * What the columns of built-in kinds mean, by {@code columns.tsv}: a resource, or {@code *} for
 * all, a column, and a text of its own, or, after {@code =}, the definition and the field whose
 * text of {@code kubectl explain} it is. Read when the first Table is made.
 */
final class ColumnTexts {

  private static final String EVERY = "*";
  private static final Map<String, String> TEXTS = read();

  private ColumnTexts() {}

  /**
   * The text of a column. Columns that a definition has say themselves what they mean; its name is
   * what remains where nothing is known of it.
   *
   * @param resource {@code deployments.apps}, or empty for a custom one
   */
  static String of(String resource, Column column) {
    if (resource.isEmpty() && column != Column.NAME && column != Column.CREATED) {
      return column.description();
    }
    String own = TEXTS.get(resource + "\t" + column.name());
    return own != null
        ? own
        : TEXTS.getOrDefault(EVERY + "\t" + column.name(), column.description());
  }

  private static Map<String, String> read() {
    Descriptions fields = new Descriptions();
    Map<String, String> out = new HashMap<>();
    try (InputStream in = ColumnTexts.class.getResourceAsStream("columns.tsv")) {
      if (in == null) {
        throw new IllegalStateException("columns.tsv is not there");
      }
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        int text = line.lastIndexOf('\t');
        out.put(line.substring(0, text), text(fields, line.substring(text + 1)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Map.copyOf(out);
  }

  private static String text(Descriptions fields, String written) {
    if (!written.startsWith("=")) {
      return written;
    }
    int space = written.indexOf(' ');
    String definition = written.substring(1, space);
    return fields.of(
        definition.startsWith("io.") ? definition : "io.k8s.api." + definition,
        written.substring(space + 1));
  }
}
