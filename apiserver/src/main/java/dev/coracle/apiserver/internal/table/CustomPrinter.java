package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Custom resources, by the additionalPrinterColumns of their definition. */
final class CustomPrinter {

  private CustomPrinter() {}

  static Printer of(JsonNode declared) {
    if (declared.isEmpty()) {
      return Printer.of(
          List.of(Column.NAME, Column.CREATED), (o, ages) -> List.of(o.name(), ages.of(o)));
    }
    List<Column> columns = new ArrayList<>();
    List<JsonPath> paths = new ArrayList<>();
    columns.add(Column.NAME);
    for (JsonNode c : declared) {
      columns.add(
          new Column(
              c.path("name").asText(""),
              c.path("type").asText("string"),
              c.path("format").asText(""),
              description(c),
              c.path("priority").asInt(0)));
      paths.add(JsonPath.parse(c.path("jsonPath").asText("")));
    }
    return Printer.of(columns, (o, ages) -> cells(columns, paths, o, ages));
  }

  private static String description(JsonNode column) {
    String given = column.path("description").asText("");
    return given.isEmpty()
        ? "Custom resource definition column (in JSONPath format): "
            + column.path("jsonPath").asText("")
        : given;
  }

  private static List<Object> cells(
      List<Column> columns, List<JsonPath> paths, KubeObject o, Ages ages) {
    List<Object> out = new ArrayList<>();
    out.add(o.name());
    for (int i = 0; i < paths.size(); i++) {
      List<JsonNode> found = paths.get(i).find(o.tree());
      out.add(cell(columns.get(i + 1).type(), found, ages));
    }
    return out;
  }

  private static Object cell(String type, List<JsonNode> found, Ages ages) {
    if (found.isEmpty()) {
      return Json.NODES.nullNode();
    }
    JsonNode first = found.getFirst();
    return switch (type) {
      case "integer" -> first.isNumber() ? (Object) first.asLong() : Json.NODES.nullNode();
      case "number" -> first.isNumber() ? first : Json.NODES.nullNode();
      case "boolean" -> first.isBoolean() ? first : Json.NODES.nullNode();
      case "date" -> date(first, ages);
      // Of several values the first alone is shown, as upstream does.
      default -> text(first);
    };
  }

  private static Object date(JsonNode value, Ages ages) {
    if (!value.isTextual()) {
      return Json.NODES.nullNode();
    }
    String time = value.asText();
    return !time.isEmpty() && Timestamps.parse(time) == null ? "<invalid>" : ages.since(time);
  }

  private static String text(JsonNode value) {
    if (value.isNull()) {
      return "<no value>";
    }
    return value.isValueNode() ? value.asText() : sorted(value).toString();
  }

  /** Go writes maps in the order of their keys. */
  private static JsonNode sorted(JsonNode value) {
    if (value instanceof ObjectNode object) {
      ObjectNode out = Json.object();
      object.properties().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(e -> out.set(e.getKey(), sorted(e.getValue())));
      return out;
    }
    if (value.isArray()) {
      ArrayNode out = Json.array();
      value.forEach(item -> out.add(sorted(item)));
      return out;
    }
    return value;
  }
}
