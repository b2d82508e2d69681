package dev.coracle.cel;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.coracle.api.schema.SchemaType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Schemas as types of CEL. Struct types are noted under their names, for the type provider. */
public final class CelTypes {

  private static final Pattern IDENTIFIER = Pattern.compile("[_a-zA-Z][_a-zA-Z0-9]*");
  private static final Set<String> RESERVED =
      Set.of(
          "true",
          "false",
          "null",
          "in",
          "as",
          "break",
          "const",
          "continue",
          "else",
          "for",
          "function",
          "if",
          "import",
          "let",
          "loop",
          "package",
          "namespace",
          "return",
          "var",
          "void",
          "while");

  private final Map<String, CelType> structs = new HashMap<>();
  private final Set<String> open = new HashSet<>();

  public Map<String, CelType> structs() {
    return structs;
  }

  /**
   * @param name of the struct type an object becomes
   * @param resource whether the value is a whole object, of whose metadata only the name is seen
   */
  public CelType of(SchemaType type, String name, boolean resource) {
    return switch (type.kind()) {
      case OBJECT -> {
        // A type that contains itself has no end: from there on any value fits.
        boolean named = !type.name().isEmpty();
        if (named && !open.add(type.name())) {
          yield SimpleType.DYN;
        }
        CelType made = object(type, name, resource || type.embeddedResource());
        if (named) {
          open.remove(type.name());
        }
        yield made;
      }
      case MAP -> MapType.create(SimpleType.STRING, of(type.item(), name + ".@map", false));
      case LIST -> ListType.create(of(type.item(), name + ".@item", false));
      case STRING, QUANTITY, TIME, MICRO_TIME, BYTES ->
          switch (format(type)) {
            case "date-time", "date" -> SimpleType.TIMESTAMP;
            case "duration" -> SimpleType.DURATION;
            case "byte" -> SimpleType.BYTES;
            default -> SimpleType.STRING;
          };
      case INTEGER -> SimpleType.INT;
      case NUMBER -> SimpleType.DOUBLE;
      case BOOLEAN -> SimpleType.BOOL;
      case INT_OR_STRING, RAW, RAW_OBJECT -> SimpleType.DYN;
    };
  }

  private CelType object(SchemaType type, String name, boolean resource) {
    Map<String, CelType> fields = new LinkedHashMap<>();
    type.fields()
        .values()
        .forEach(f -> {
          String escaped = escape(f.name());
          if (!escaped.isEmpty() && !(resource && f.name().equals("metadata"))) {
            fields.put(escaped, of(f.type(), name + "." + f.name(), false));
          }
        });
    if (resource) {
      fields.put("apiVersion", SimpleType.STRING);
      fields.put("kind", SimpleType.STRING);
      fields.put(
          "metadata",
          struct(
              name + ".metadata",
              Map.of("name", SimpleType.STRING, "generateName", SimpleType.STRING)));
    }
    return struct(name, fields);
  }

  /** A struct type of these fields. */
  public CelType struct(String name, Map<String, CelType> fieldTypes) {
    ImmutableMap<String, CelType> fields = ImmutableMap.copyOf(fieldTypes);
    StructType made =
        StructType.create(name, fields.keySet(), field -> Optional.ofNullable(fields.get(field)));
    structs.put(name, made);
    return made;
  }

  /** The format of a custom resource's string; empty where it has none that is a type in CEL. */
  static String format(@Nullable SchemaType type) {
    ObjectNode rules = type == null ? null : type.constraints();
    return rules == null || !rules.path("type").asText("").equals("string")
        ? ""
        : rules.path("format").asText("");
  }

  /** Whether something may be called so: letters, digits and underscores, and no word of CEL's. */
  public static boolean isIdentifier(String name) {
    return IDENTIFIER.matcher(name).matches() && !RESERVED.contains(name);
  }

  /** UserInfo of authentication.k8s.io/v1. */
  public CelType userInfo() {
    CelType text = SimpleType.STRING;
    CelType texts = ListType.create(text);
    return struct(
        "kubernetes.UserInfo",
        Map.of(
            "username", text, "uid", text, "groups", texts, "extra", MapType.create(text, texts)));
  }

  /** A property's name as CEL sees it; empty where it can not be spelled. */
  public static String escape(String name) {
    if (RESERVED.contains(name)) {
      return "__" + name + "__";
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
      if (name.startsWith("__", i)) {
        out.append("__underscores__");
        i++;
      } else if (letter || c >= '0' && c <= '9' && i > 0) {
        out.append(c);
      } else {
        switch (c) {
          case '.' -> out.append("__dot__");
          case '-' -> out.append("__dash__");
          case '/' -> out.append("__slash__");
          default -> {
            return "";
          }
        }
      }
    }
    return out.toString();
  }
}
