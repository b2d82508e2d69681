package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GoText;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
      Optional<JsonPath> path = JsonPath.parse(c.path("jsonPath").asText(""));
      if (path.isEmpty()) {
        // What stands before it is shown, as upstream does.
        break;
      }
      columns.add(
          new Column(
              c.path("name").asText(""),
              c.path("type").asText("string"),
              c.path("format").asText(""),
              description(c),
              c.path("priority").asInt(0)));
      paths.add(path.get());
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
      case "number" -> first.isNumber() ? number(first) : Json.NODES.nullNode();
      case "boolean" -> first.isBoolean() ? first : Json.NODES.nullNode();
      case "date" -> date(first, ages);
      // Of several values the first alone is shown, as upstream does.
      default -> text(first);
    };
  }

  /** An integer is shown as the float64 it is taken for. */
  private static JsonNode number(JsonNode value) {
    return value.isIntegralNumber() && Math.abs(value.doubleValue()) > 0x1p53
        ? Json.NODES.numberNode(new BigDecimal(Double.toString(value.doubleValue())).toBigInteger())
        : value;
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
    if (value.isFloatingPointNumber()) {
      return GoText.of(value.doubleValue());
    }
    return value.isValueNode() ? value.asText() : GoText.json(value);
  }
}
