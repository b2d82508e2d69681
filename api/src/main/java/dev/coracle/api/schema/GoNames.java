package dev.coracle.api.schema;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What Go calls the fields and types of built-in kinds, where words of values that do not fit name
 * them and the schema does not know it: the structs that fields are embedded with, and types such
 * as {@code types.UID}, which are texts to OpenAPI. Read when the first such value is met.
 */
final class GoNames {

  private static final String TABLE = "kubernetes-1.36.gonames";

  /** By definition, the rest of its line. */
  private static final Map<String, String> LINES = EmptyTable.read(TABLE);

  private GoNames() {}

  /** The field's name, after that of the structs it is embedded with. */
  static String path(SchemaType owner, String field) {
    String mark = mark(owner, field);
    int from = mark.indexOf('@');
    int to = mark.indexOf(':');
    return from < 0 ? field : mark.substring(from + 1, to < 0 ? mark.length() : to) + "." + field;
  }

  /**
   * The type of a field, or of what is in its lists and maps; null where it is the one that the
   * schema tells.
   *
   * @param levels how many lists and maps to look into
   */
  static @Nullable String type(SchemaType owner, String field, int levels) {
    String mark = mark(owner, field);
    int from = mark.indexOf(':');
    if (from < 0) {
      return null;
    }
    String type = mark.substring(from + 1);
    for (int i = 0; i < levels; i++) {
      int end = type.indexOf(']');
      if (!type.startsWith("[]") && !type.startsWith("map[")) {
        // A named list or map, of texts or quantities.
        return null;
      }
      type = type.substring(end + 1);
    }
    return type;
  }

  /**
   * Such as {@code uid:types.UID} or {@code nfs@VolumeSource}; empty for a field that is not in the
   * table.
   */
  private static String mark(SchemaType owner, String field) {
    for (String mark : LINES.getOrDefault(owner.name(), "").split(" ")) {
      if (mark.startsWith(field)
          && (mark.startsWith("@", field.length()) || mark.startsWith(":", field.length()))) {
        return mark;
      }
    }
    return "";
  }
}
