package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.SchemaTable;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.apiserver.internal.registry.ResourceType.Conversion;
import java.util.List;
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
      case "horizontalpodautoscalers.autoscaling" -> Conversions::autoscaler;
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

  /**
   * autoscaling/v1 knows one metric, the utilisation of CPU; the others ride in annotations, so
   * that nothing is lost on the way there and back.
   */
  private static ObjectNode autoscaler(
      ObjectNode object, GroupVersionKind from, GroupVersionKind to) {
    ObjectNode out = Conversion.RENAME.convert(object, from, to);
    if (from.version().equals(to.version())) {
      return out;
    }
    ObjectNode copy = out.deepCopy();
    return settled(to.version().equals("v1") ? autoscalerToV1(copy) : autoscalerToV2(copy), to);
  }

  /** With the zeros of the version it has now. */
  static ObjectNode settled(ObjectNode object, GroupVersionKind kind) {
    SchemaType type = SchemaTable.kubernetes().definition(kind);
    return type == null ? object : Decoder.decode(object, type).tree();
  }

  private static final String METRICS = "autoscaling.alpha.kubernetes.io/metrics";
  private static final String CURRENT = "autoscaling.alpha.kubernetes.io/current-metrics";
  private static final String CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions";
  private static final String BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior";

  private static ObjectNode autoscalerToV1(ObjectNode o) {
    ObjectNode annotations = Json.object();
    if (o.path("spec") instanceof ObjectNode spec) {
      var metrics = spec.remove("metrics");
      var others = Json.array();
      if (metrics != null) {
        for (var m : metrics) {
          if (cpu(m.path("resource").path("name").asText(""))
              && m.path("resource").path("target").path("averageUtilization").isNumber()) {
            spec.set(
                "targetCPUUtilizationPercentage",
                m.path("resource").path("target").path("averageUtilization"));
          } else {
            others.add(m);
          }
        }
      }
      if (!others.isEmpty()) {
        annotations.put(METRICS, others.toString());
      }
      var behavior = spec.remove("behavior");
      if (behavior != null && !behavior.isEmpty()) {
        annotations.put(BEHAVIOR, behavior.toString());
      }
    }
    if (o.path("status") instanceof ObjectNode status) {
      var current = status.remove("currentMetrics");
      if (current != null && !current.isEmpty()) {
        annotations.put(CURRENT, current.toString());
        for (var m : current) {
          if (cpu(m.path("resource").path("name").asText(""))
              && m.path("resource").path("current").has("averageUtilization")) {
            status.set(
                "currentCPUUtilizationPercentage",
                m.path("resource").path("current").path("averageUtilization"));
          }
        }
      }
      var conditions = status.remove("conditions");
      if (conditions != null && !conditions.isEmpty()) {
        annotations.put(CONDITIONS, conditions.toString());
      }
    }
    if (!annotations.isEmpty() && o.path("metadata") instanceof ObjectNode metadata) {
      metadata.withObjectProperty("annotations").setAll(annotations);
    }
    return o;
  }

  private static boolean cpu(String name) {
    return name.equals("cpu");
  }

  private static ObjectNode autoscalerToV2(ObjectNode o) {
    ObjectNode annotations =
        o.path("metadata").path("annotations") instanceof ObjectNode a ? a : Json.object();
    if (o.path("spec") instanceof ObjectNode spec) {
      var metrics = Json.array();
      var utilization = spec.remove("targetCPUUtilizationPercentage");
      if (utilization != null && utilization.isNumber()) {
        ObjectNode resource = metrics.addObject().put("type", "Resource").putObject("resource");
        resource
            .put("name", "cpu")
            .putObject("target")
            .put("type", "Utilization")
            .set("averageUtilization", utilization);
      }
      if (annotations.hasNonNull(METRICS)) {
        Json.parse(annotations.path(METRICS).asText()).forEach(metrics::add);
      }
      if (!metrics.isEmpty()) {
        spec.set("metrics", metrics);
      }
      if (annotations.hasNonNull(BEHAVIOR)) {
        spec.set("behavior", Json.parse(annotations.path(BEHAVIOR).asText()));
      }
    }
    if (o.path("status") instanceof ObjectNode status) {
      var current = status.remove("currentCPUUtilizationPercentage");
      if (current != null && current.isNumber()) {
        ObjectNode metric = status.putArray("currentMetrics").addObject().put("type", "Resource");
        metric
            .putObject("resource")
            .put("name", "cpu")
            .putObject("current")
            .set("averageUtilization", current);
      }
      if (annotations.hasNonNull(CURRENT)) {
        status.set("currentMetrics", Json.parse(annotations.path(CURRENT).asText()));
      }
      if (annotations.hasNonNull(CONDITIONS)) {
        status.set("conditions", Json.parse(annotations.path(CONDITIONS).asText()));
      }
    }
    annotations.remove(List.of(METRICS, CURRENT, CONDITIONS, BEHAVIOR));
    if (annotations.isEmpty() && o.path("metadata") instanceof ObjectNode metadata) {
      metadata.remove("annotations");
    }
    return o;
  }
}
