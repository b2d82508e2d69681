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

  /** Roles, limits, definitions and whatever else has no columns of its own. */
  private static final Printer PLAIN =
      Printer.of(
          List.of(Column.NAME, new Column("Created At", "date", "", "Created At", 0)),
          (o, ages) -> List.of(o.name(), o.metadata().path("creationTimestamp").asText("")));

  /** What any kind's {@code scale} shows. */
  private static final Printer SCALE =
      Printer.of(
          List.of(
              Column.of("Name"),
              Column.integer("Desired"),
              Column.integer("Available"),
              Column.AGE),
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

  /** Under which resource {@link ColumnTexts} has what a printer's columns mean. */
  static String described(ResourceType type, Printer printer) {
    if (printer == SCALE) {
      return "scales.autoscaling";
    }
    return type.custom() ? "" : type.groupResource().toString();
  }

  static Printer of(ResourceType type) {
    if (type.custom()) {
      JsonNode version = java.util.Objects.requireNonNull(type.definition().custom());
      return CustomPrinter.of(version.path("additionalPrinterColumns"));
    }
    return BY_RESOURCE.getOrDefault(type.groupResource().toString(), PLAIN);
  }
}
