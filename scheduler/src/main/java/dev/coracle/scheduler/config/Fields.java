package dev.coracle.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads a configuration's fields; what is wrong is said with the field's path. */
final class Fields {

  private Fields() {}

  /** There are no other fields than these. */
  static void only(JsonNode object, String at, Set<String> fields) {
    object
        .fieldNames()
        .forEachRemaining(field -> {
          if (!fields.contains(field)) {
            throw wrong(
                "unknown field \""
                    + (at.isEmpty() ? field : at + "." + field)
                    + "\"; known are "
                    + String.join(", ", fields.stream().sorted().toList()));
          }
        });
  }

  static int number(JsonNode object, String field, int ordinary, int least, int most) {
    JsonNode value = object.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return ordinary;
    }
    if (!value.isInt() || value.asInt() < least || value.asInt() > most) {
      throw wrong(
          field
              + ": is a number "
              + (most == Integer.MAX_VALUE ? "from " + least : "from " + least + " to " + most)
              + ", not "
              + value);
    }
    return value.asInt();
  }

  static List<String> texts(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.forEach(one -> out.add(one.asText()));
    return out;
  }

  static IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException(what);
  }
}
