package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;

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
      return dev.coracle.api.Json.NODES.nullNode();
    }
    JsonNode first = found.getFirst();
    return switch (type) {
      case "integer" ->
          first.isNumber() ? (Object) first.asLong() : dev.coracle.api.Json.NODES.nullNode();
      case "number" -> first.isNumber() ? first : dev.coracle.api.Json.NODES.nullNode();
      case "boolean" -> first.isBoolean() ? first : dev.coracle.api.Json.NODES.nullNode();
      case "date" -> ages.since(first);
      // Of several values the first alone is shown, as upstream does.
      default -> first.isValueNode() ? first.asText() : first.toString();
    };
  }
}
