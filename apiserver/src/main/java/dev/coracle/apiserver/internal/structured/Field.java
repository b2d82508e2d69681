package dev.coracle.apiserver.internal.structured;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GoDuration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A part of a configuration file and where it stands in it. Whatever is wrong is an {@link
 * IllegalArgumentException} that names the path and what is expected.
 *
 * @param path {@code jwt[0].issuer}; empty for the whole
 */
record Field(String path, JsonNode value) {

  /** Makes any other name an error, so that a misspelt one is not passed over. */
  Field only(String... names) {
    if (!value.isObject() && !value.isMissingNode()) {
      throw error("Invalid value: " + value + ": must be an object");
    }
    Set<String> known = Set.of(names);
    value
        .fieldNames()
        .forEachRemaining(name -> {
          if (!known.contains(name)) {
            throw new IllegalArgumentException(
                at(name) + ": unknown field; expected " + String.join(", ", new TreeSet<>(known)));
          }
        });
    return this;
  }

  private String at(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  boolean given() {
    return !value.isMissingNode() && !value.isNull();
  }

  Field child(String name) {
    return new Field(at(name), value.path(name));
  }

  boolean has(String name) {
    return child(name).given();
  }

  /** Empty where it is absent. */
  String text(String name) {
    Field child = child(name);
    if (child.given() && !child.value.isTextual()) {
      throw child.error("Invalid value: " + child.value + ": must be a string");
    }
    return child.value.asText("");
  }

  String required(String name) {
    String text = text(name);
    if (text.isEmpty()) {
      throw child(name).error("Required value");
    }
    return text;
  }

  String oneOf(String name, String... values) {
    String text = required(name);
    if (!List.of(values).contains(text)) {
      throw child(name)
          .error(
              "Unsupported value: \""
                  + text
                  + "\": supported values: \""
                  + String.join("\", \"", values)
                  + "\"");
    }
    return text;
  }

  boolean flag(String name, boolean otherwise) {
    Field child = child(name);
    if (child.given() && !child.value.isBoolean()) {
      throw child.error("Invalid value: " + child.value + ": must be true or false");
    }
    return child.value.asBoolean(otherwise);
  }

  /** As Go spells it; not negative. */
  Duration duration(String name, Duration otherwise) {
    Field child = child(name);
    if (!child.given()) {
      return otherwise;
    }
    try {
      Duration out = GoDuration.parse(text(name));
      if (!out.isNegative()) {
        return out;
      }
    } catch (IllegalArgumentException e) {
      throw child.error("Invalid value: " + child.value + ": must be a duration such as 30s");
    }
    throw child.error("Invalid value: " + child.value + ": must not be negative");
  }

  List<Field> list(String name) {
    Field child = child(name);
    if (child.given() && !child.value.isArray()) {
      throw child.error("Invalid value: " + child.value + ": must be a list");
    }
    List<Field> out = new ArrayList<>();
    child.value.forEach(v -> out.add(new Field(child.path + "[" + out.size() + "]", v)));
    return out;
  }

  /** Texts of a list, each once and none empty. */
  List<String> texts(String name) {
    List<String> out = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (Field item : list(name)) {
      if (!item.value.isTextual() || item.value.asText().isEmpty()) {
        throw item.error("Invalid value: " + item.value + ": must be a string that is not empty");
      }
      if (!seen.add(item.value.asText())) {
        throw item.error("Duplicate value: " + item.value);
      }
      out.add(item.value.asText());
    }
    return out;
  }

  IllegalArgumentException error(String what) {
    return new IllegalArgumentException(path.isEmpty() ? what : path + ": " + what);
  }
}
