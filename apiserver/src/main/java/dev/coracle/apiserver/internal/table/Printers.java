package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.ResourceType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which printer belongs to which resource. */
final class Printers {

  private static final Map<String, Printer> BY_RESOURCE = new HashMap<>();

  private static final Printer PLAIN =
      Printer.of(
          List.of(Column.NAME, new Column("Created At", "date", "", "When it was created.", 0)),
          (o, ages) -> List.of(o.name(), o.metadata().path("creationTimestamp").asText("")));

  /** What any kind's {@code scale} shows. */
  private static final Printer SCALE =
      Printer.of(
          List.of(
              Column.NAME,
              new Column("Desired", "integer", "", "Number of desired replicas", 0),
              new Column("Available", "integer", "", "Number of actual replicas", 0),
              Column.CREATED),
          (o, ages) ->
              List.of(
                  o.name(),
                  o.at("spec", "replicas").asInt(0),
                  o.at("status", "replicas").asInt(0),
                  ages.of(o)));

  static {
    WorkloadPrinters.add(BY_RESOURCE);
    NetworkPrinters.add(BY_RESOURCE);
    ClusterPrinters.add(BY_RESOURCE);
    StoragePrinters.add(BY_RESOURCE);
    DevicePrinters.add(BY_RESOURCE);
    PolicyPrinters.add(BY_RESOURCE);
  }

  private Printers() {}

  /** The one of an object that was asked for by its resource, or a subresource of that. */
  static Printer of(ResourceType type, KubeObject object) {
    return object.kind().equals("Scale") && !type.kind().kind().equals("Scale") ? SCALE : of(type);
  }

  static Printer of(ResourceType type) {
    if (type.custom()) {
      JsonNode version = java.util.Objects.requireNonNull(type.definition().custom());
      return CustomPrinter.of(version.path("additionalPrinterColumns"));
    }
    return BY_RESOURCE.getOrDefault(type.groupResource().toString(), PLAIN);
  }
}
