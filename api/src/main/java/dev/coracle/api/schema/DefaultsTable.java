package dev.coracle.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the defaults table; its first lines say how it is written. Read once, when first needed.
 */
final class DefaultsTable {

  private static final String RESOURCE = "kubernetes-1.36.defaults";
  private static final Map<String, List<Defaulter.Rule>> RULES = read();

  private DefaultsTable() {}

  static List<Defaulter.Rule> rules(String definition) {
    return RULES.getOrDefault(definition, List.of());
  }

  private static Map<String, List<Defaulter.Rule>> read() {
    Map<String, List<Defaulter.Rule>> out = new HashMap<>();
    try (InputStream in = DefaultsTable.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("the resource " + RESOURCE + " is missing");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : text.split("\n")) {
        if (!line.startsWith("#") && !line.isBlank()) {
          String[] parts = line.split(" ");
          String name = parts[0].startsWith("io.k8s.") ? parts[0] : "io.k8s.api." + parts[0];
          List<Defaulter.Rule> rules = new ArrayList<>();
          for (int i = 1; i < parts.length; i++) {
            rules.add(rule(parts[i]));
          }
          out.put(name, List.copyOf(rules));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Map.copyOf(out);
  }

  private static Defaulter.Rule rule(String text) {
    int eq = text.indexOf('=');
    String field = text.substring(0, eq);
    JsonNode value = Json.parse(text.substring(eq + 1));
    boolean zero = field.endsWith("~");
    if (zero) {
      field = field.substring(0, field.length() - 1);
    }
    String other = "";
    String otherValue = "";
    int question = field.indexOf('?');
    if (question >= 0) {
      int colon = field.indexOf(':');
      other = field.substring(question + 1, colon);
      otherValue = field.substring(colon + 1);
      field = field.substring(0, question);
    }
    return new Defaulter.Rule(field, value, zero || value.isTextual(), true, other, otherValue);
  }
}
