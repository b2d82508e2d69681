package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.SchemaTable;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.apiserver.internal.registry.ResourceType.Conversion;
import java.util.Map;

/** How the versions of a built-in kind turn into one another; most only differ in their name. */
public final class Conversions {

  private static final Map<String, String> EVENT_TO_NEW =
      Map.of(
          "involvedObject", "regarding",
          "message", "note",
          "source", "deprecatedSource",
          "firstTimestamp", "deprecatedFirstTimestamp",
          "lastTimestamp", "deprecatedLastTimestamp",
          "count", "deprecatedCount",
          "reportingComponent", "reportingController");

  private Conversions() {}

  public static Conversion of(GroupResource resource) {
    return switch (resource.toString()) {
      case "events.events.k8s.io", "events" -> Conversions::event;
      case "horizontalpodautoscalers.autoscaling" -> AutoscalerConversion::convert;
      case "resourceclaims.resource.k8s.io",
          "resourceclaimtemplates.resource.k8s.io",
          "resourceslices.resource.k8s.io" ->
          DeviceConversions::convert;
      default -> Conversion.RENAME;
    };
  }

  private static ObjectNode event(ObjectNode object, GroupVersionKind from, GroupVersionKind to) {
    ObjectNode out = Json.object();
    out.put("apiVersion", to.apiVersion()).put("kind", to.kind());
    boolean toNew = !to.group().isEmpty();
    object.forEachEntry((field, value) -> {
      if (field.equals("apiVersion") || field.equals("kind")) {
        return;
      }
      String name = field;
      if (toNew) {
        name = EVENT_TO_NEW.getOrDefault(field, field);
      } else {
        for (var e : EVENT_TO_NEW.entrySet()) {
          if (e.getValue().equals(field)) {
            name = e.getKey();
          }
        }
      }
      out.set(name, value);
    });
    return out;
  }

  /** With the zeros of the version it has now. */
  static ObjectNode settled(ObjectNode object, GroupVersionKind kind) {
    SchemaType type = SchemaTable.kubernetes().definition(kind);
    return type == null ? object : Decoder.decode(object, type).tree();
  }
}
