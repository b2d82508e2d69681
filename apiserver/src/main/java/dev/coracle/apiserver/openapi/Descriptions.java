package dev.coracle.apiserver.openapi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The texts of {@code kubectl explain}, which the build takes from the Java client's annotations
 * ({@code src/build/java/ExtractDescriptions.java}). An instance reads each file it needs once and
 * lives as long as one document is being built, so that the texts take no memory otherwise.
 */
public final class Descriptions {

  /** Fields that refer to a definition, and what else the annotations have no text for. */
  private static final String REFERENCES = "references.tsv";

  private final Map<String, Map<String, String>> files = new HashMap<>();

  /**
   * The text of a field of a definition, or of the definition itself; empty where there is none.
   */
  public String of(String definition, String field) {
    int dot = definition.lastIndexOf('.');
    if (dot < 0) {
      return "";
    }
    String known =
        files
            .computeIfAbsent(definition.substring(0, dot) + ".txt", Descriptions::read)
            .getOrDefault(definition.substring(dot + 1) + "\t" + field, "");
    return known.isEmpty()
        ? files
            .computeIfAbsent(REFERENCES, Descriptions::read)
            .getOrDefault(definition + "\t" + field, "")
        : known;
  }

  private static Map<String, String> read(String file) {
    Map<String, String> out = new HashMap<>();
    try (InputStream in = Descriptions.class.getResourceAsStream(file)) {
      if (in != null) {
        for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
          int tab = line.indexOf('\t', line.indexOf('\t') + 1);
          if (tab > 0) {
            out.put(line.substring(0, tab), unescape(line.substring(tab + 1)));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out;
  }

  private static String unescape(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        i++;
        out.append(text.charAt(i) == 'n' ? '\n' : text.charAt(i));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }
}
