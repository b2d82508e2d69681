package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.ResourceType;
import java.time.Clock;
import java.util.List;
import java.util.function.Function;

/** Makes meta.k8s.io Tables of objects, with the columns of their kind. */
public final class Tables {

  private final Clock clock;

  public Tables(Clock clock) {
    this.clock = clock;
  }

  public ObjectNode ofObject(ResourceType type, KubeObject object, String version, String include) {
    return one(type, object, version, include, true);
  }

  /** The Table of a list, without its rows. */
  public ObjectNode ofList(ResourceType type, KubeList list, String version) {
    ObjectNode table = head(version, "");
    table.set("metadata", listMetadata(list));
    columns(table, type, Printers.of(type));
    return table;
  }

  /** The objects of a list in the order that its Table shows them in. */
  public static List<KubeObject> inOrder(ResourceType type, List<KubeObject> objects) {
    return Printers.of(type).inOrder(objects);
  }

  /** Makes the rows of a Table, whose ages are those of now. */
  public Function<KubeObject, ObjectNode> rows(ResourceType type, String version, String include) {
    return rows(Printers.of(type), version, include);
  }

  private Function<KubeObject, ObjectNode> rows(Printer printer, String version, String include) {
    Ages ages = new Ages(clock.instant());
    return object -> {
      ObjectNode row = Json.object();
      ArrayNode cells = row.putArray("cells");
      printer.cells(object, ages).forEach(cell -> cells.add(node(cell)));
      printer.condition(object).ifPresent(c -> row.putArray("conditions").add(c));
      row.set("object", shown(object, version, include));
      return row;
    };
  }

  /**
   * One event of a watch: columns stand in the first only. A bookmark is a row without cells'
   * meaning.
   */
  public ObjectNode ofEvent(
      ResourceType type, KubeObject object, String version, String include, boolean first) {
    return one(type, object, version, include, first);
  }

  public static ObjectNode listMetadata(KubeList list) {
    ObjectNode metadata = Json.object();
    metadata.put("resourceVersion", list.resourceVersion());
    if (!list.continueToken().isEmpty()) {
      metadata.put("continue", list.continueToken());
    }
    if (list.remaining() > 0) {
      metadata.put("remainingItemCount", list.remaining());
    }
    return metadata;
  }

  private static ObjectNode head(String version, String resourceVersion) {
    ObjectNode table = Json.object();
    table.put("kind", "Table").put("apiVersion", "meta.k8s.io/" + version);
    ObjectNode metadata = table.putObject("metadata");
    if (!resourceVersion.isEmpty()) {
      metadata.put("resourceVersion", resourceVersion);
    }
    return table;
  }

  private ObjectNode one(
      ResourceType type, KubeObject object, String version, String include, boolean withColumns) {
    ObjectNode table = head(version, object.resourceVersion());
    Printer printer = Printers.of(type, object);
    if (withColumns) {
      columns(table, type, printer);
    } else {
      table.putNull("columnDefinitions");
    }
    table.putArray("rows").add(rows(printer, version, include).apply(object));
    return table;
  }

  private static void columns(ObjectNode table, ResourceType type, Printer printer) {
    ArrayNode columns = table.putArray("columnDefinitions");
    String resource = Printers.described(type, printer);
    for (Column column : printer.columns()) {
      ObjectNode c = columns.addObject();
      c.put("name", column.name())
          .put("type", column.type())
          .put("format", column.format())
          .put("description", ColumnTexts.of(resource, column))
          .put("priority", column.priority());
    }
  }

  private static JsonNode node(Object cell) {
    return switch (cell) {
      case JsonNode n -> n;
      case Long l -> Json.NODES.numberNode(l);
      case Integer i -> Json.NODES.numberNode(i);
      case Boolean b -> Json.NODES.booleanNode(b);
      default -> Json.NODES.textNode(cell.toString());
    };
  }

  private static JsonNode shown(KubeObject object, String version, String include) {
    return switch (include) {
      case "None" -> Json.NODES.nullNode();
      case "Object" -> object.tree();
      default -> {
        ObjectNode partial = Json.object();
        partial.put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/" + version);
        partial.set("metadata", object.metadata());
        yield partial;
      }
    };
  }
}
