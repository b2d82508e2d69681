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

/** Makes meta.k8s.io Tables of objects, with the columns of their kind. */
public final class Tables {

  private final Clock clock;

  public Tables(Clock clock) {
    this.clock = clock;
  }

  public ObjectNode ofObject(ResourceType type, KubeObject object, String version, String include) {
    ObjectNode table = head(version, object.resourceVersion());
    fill(table, type, List.of(object), version, include, true);
    return table;
  }

  public ObjectNode ofList(ResourceType type, KubeList list, String version, String include) {
    ObjectNode table = head(version, "");
    table.set("metadata", listMetadata(list));
    fill(table, type, list.items(), version, include, true);
    return table;
  }

  /**
   * One event of a watch: columns stand in the first only. A bookmark is a row without cells'
   * meaning.
   */
  public ObjectNode ofEvent(
      ResourceType type, KubeObject object, String version, String include, boolean first) {
    ObjectNode table = head(version, object.resourceVersion());
    fill(table, type, List.of(object), version, include, first);
    return table;
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
    table.putObject("metadata").put("resourceVersion", resourceVersion);
    return table;
  }

  private void fill(
      ObjectNode table,
      ResourceType type,
      List<KubeObject> objects,
      String version,
      String include,
      boolean withColumns) {
    Printer printer = Printers.of(type);
    if (withColumns) {
      ArrayNode columns = table.putArray("columnDefinitions");
      for (Column column : printer.columns()) {
        ObjectNode c = columns.addObject();
        c.put("name", column.name())
            .put("type", column.type())
            .put("format", column.format())
            .put("description", column.description())
            .put("priority", column.priority());
      }
    } else {
      table.putNull("columnDefinitions");
    }
    Ages ages = new Ages(clock.instant());
    ArrayNode rows = table.putArray("rows");
    for (KubeObject object : objects) {
      ObjectNode row = rows.addObject();
      ArrayNode cells = row.putArray("cells");
      printer.cells(object, ages).forEach(cell -> cells.add(node(cell)));
      JsonNode shown = shown(object, version, include);
      if (shown != null) {
        row.set("object", shown);
      }
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

  private static @org.jspecify.annotations.Nullable JsonNode shown(
      KubeObject object, String version, String include) {
    return switch (include) {
      case "None" -> null;
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
