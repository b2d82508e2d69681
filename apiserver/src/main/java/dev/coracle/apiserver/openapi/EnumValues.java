package dev.coracle.apiserver.openapi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The values that fields of built-in kinds may have, where upstream has an enum of them: {@code
 * enums.tsv}, made by {@code src/tools/java/EnumTableGenerator.java}, has lines of a definition, a
 * field, and the values that it, or what is in its list or map, may have, parted by commas. Read
 * while documents are built, as {@link Descriptions} are.
 */
final class EnumValues {

  private static final String FILE = "enums.tsv";

  private final Map<String, List<String>> values = new HashMap<>();

  EnumValues() {
    try (InputStream in = EnumValues.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException("the jar has no " + FILE);
      }
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        int end = line.lastIndexOf('\t');
        values.put(line.substring(0, end), List.of(line.substring(end + 1).split(",", -1)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** In alphabetical order; empty where there is no enum. */
  List<String> of(String definition, String field) {
    return values.getOrDefault(definition + "\t" + field, List.of());
  }

  /** The text of a field with its values after it. */
  static String describe(String text, List<String> values) {
    if (values.isEmpty()) {
      return text;
    }
    StringBuilder out = new StringBuilder(text).append("\n\nPossible enum values:");
    values.forEach(value -> out.append("\n - `\"").append(value).append("\"`"));
    return out.toString();
  }
}
