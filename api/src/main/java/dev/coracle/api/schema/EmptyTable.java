package dev.coracle.api.schema;

import java.util.HashMap;
import java.util.Map;

/** Which fields Go's JSON leaves out when they are empty, and what it writes for the others. */
final class EmptyTable {

  private static final String TABLE = "kubernetes-1.36.empty";

  /** By definition, the rest of its line. */
  private static final Map<String, String> LINES = read(TABLE);

  private EmptyTable() {}

  /** Of definitions that are not in the table every field is kept as it was given. */
  static Map<String, WhenEmpty> of(String definition) {
    String line = LINES.get(definition);
    if (line == null) {
      return Map.of();
    }
    Map<String, WhenEmpty> out = new HashMap<>();
    for (String mark : line.split(" ")) {
      if (!mark.isEmpty()) {
        out.put(
            mark.substring(1),
            switch (mark.charAt(0)) {
              case '*' -> WhenEmpty.KEPT;
              case '~' -> WhenEmpty.NULL;
              case '=' -> WhenEmpty.ZERO;
              default -> throw new IllegalStateException(TABLE + ": " + mark);
            });
      }
    }
    return out;
  }

  static WhenEmpty unmarked(String definition) {
    return LINES.containsKey(definition) ? WhenEmpty.LEFT_OUT : WhenEmpty.KEPT;
  }

  /** The lines of a table of definitions: by name, the rest. */
  static Map<String, String> read(String table) {
    Map<String, String> out = new HashMap<>();
    SchemaTable.read(table)
        .lines()
        .filter(l -> !l.startsWith("#"))
        .forEach(l -> {
          int end = l.indexOf(' ');
          String name = end < 0 ? l : l.substring(0, end);
          out.put("io.k8s." + name, end < 0 ? "" : l.substring(end + 1));
        });
    return out;
  }
}
