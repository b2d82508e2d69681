package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.Decoder;
import dev.coracle.apiserver.internal.registry.ResourceType.Conversion;
import java.util.List;
import java.util.function.Function;

/**
 * HorizontalPodAutoscalers: autoscaling/v1 knows one metric, the utilisation of CPU; the others,
 * the behaviour and the conditions ride in annotations in upstream's form, so that nothing is lost
 * on the way there and back. An annotation that can not be read is left out, as upstream does.
 */
public final class AutoscalerConversion {

  private static final String METRICS = "autoscaling.alpha.kubernetes.io/metrics";
  private static final String CURRENT = "autoscaling.alpha.kubernetes.io/current-metrics";
  private static final String CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions";
  private static final String BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior";
  private static final List<String> ALL = List.of(METRICS, CURRENT, CONDITIONS, BEHAVIOR);

  /** Percent of CPU that is wanted where nothing is. */
  private static final int DEFAULT_UTILIZATION = 80;

  private AutoscalerConversion() {}

  static ObjectNode convert(ObjectNode object, GroupVersionKind from, GroupVersionKind to) {
    ObjectNode out = Conversion.RENAME.convert(object, from, to);
    if (from.version().equals(to.version())) {
      return out;
    }
    ObjectNode copy = out.deepCopy();
    ObjectNode riding = dropRiding(copy);
    if (to.version().equals("v1")) {
      toV1(copy);
      return Conversions.settled(copy, to);
    }
    ObjectNode plain = copy.deepCopy();
    try {
      toV2(copy, riding);
      return Conversions.settled(copy, to);
    } catch (Decoder.TypeException e) {
      toV2(plain, Json.object());
      return Conversions.settled(plain, to);
    }
  }

  /** Takes out the annotations that carry something, and gives them. */
  public static ObjectNode dropRiding(ObjectNode o) {
    ObjectNode out = Json.object();
    if (o.path("metadata") instanceof ObjectNode metadata
        && metadata.path("annotations") instanceof ObjectNode annotations) {
      for (String name : ALL) {
        JsonNode value = annotations.remove(name);
        if (value != null) {
          out.set(name, value);
        }
      }
      if (annotations.isEmpty()) {
        metadata.remove("annotations");
      }
    }
    return out;
  }

  private static void toV1(ObjectNode o) {
    ObjectNode riding = Json.object();
    if (o.path("spec") instanceof ObjectNode spec) {
      ArrayNode others = Json.array();
      for (JsonNode m : taken(spec, "metrics")) {
        JsonNode utilization = utilization(m, "target");
        if (utilization.isNumber()) {
          spec.putIfAbsent("targetCPUUtilizationPercentage", utilization);
        } else {
          others.add(AutoscalerMetrics.WANTED.toV1(m));
        }
      }
      ride(riding, METRICS, others);
      JsonNode behavior = taken(spec, "behavior");
      if (behavior.isObject()) {
        ride(riding, BEHAVIOR, AutoscalerBehavior.toV1(behavior));
      }
    }
    if (o.path("status") instanceof ObjectNode status) {
      ArrayNode current = Json.array();
      for (JsonNode m : taken(status, "currentMetrics")) {
        current.add(AutoscalerMetrics.CURRENT.toV1(m));
        JsonNode utilization = utilization(m, "current");
        if (utilization.isNumber()) {
          status.set("currentCPUUtilizationPercentage", utilization);
        }
      }
      ride(riding, CURRENT, current);
      ArrayNode conditions = Json.array();
      taken(status, "conditions").forEach(c -> conditions.add(condition(c)));
      ride(riding, CONDITIONS, conditions);
    }
    if (!riding.isEmpty()) {
      ((ObjectNode) o.path("metadata")).withObjectProperty("annotations").setAll(riding);
    }
  }

  private static JsonNode taken(ObjectNode from, String name) {
    JsonNode value = from.remove(name);
    return value == null ? MissingNode.getInstance() : value;
  }

  private static JsonNode utilization(JsonNode metric, String part) {
    return metric.path("resource").path("name").asText("").equals("cpu")
        ? metric.path("resource").path(part).path("averageUtilization")
        : MissingNode.getInstance();
  }

  private static ObjectNode condition(JsonNode from) {
    ObjectNode out = Json.object();
    out.put("type", from.path("type").asText("")).put("status", from.path("status").asText(""));
    out.set("lastTransitionTime", from.path("lastTransitionTime"));
    for (String field : new String[] {"reason", "message"}) {
      if (!from.path(field).asText("").isEmpty()) {
        out.set(field, from.get(field));
      }
    }
    return out;
  }

  /** As Go writes JSON. */
  private static void ride(ObjectNode riding, String name, JsonNode value) {
    if (!value.isEmpty()) {
      riding.put(
          name,
          value.toString().replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"));
    }
  }

  private static void toV2(ObjectNode o, ObjectNode riding) {
    if (o.path("spec") instanceof ObjectNode spec) {
      ArrayNode metrics = all(riding, METRICS, AutoscalerMetrics.WANTED::toV2);
      JsonNode utilization = taken(spec, "targetCPUUtilizationPercentage");
      if (utilization.isNumber()) {
        cpu(metrics, "target").put("type", "Utilization").set("averageUtilization", utilization);
      } else if (metrics.isEmpty()) {
        cpu(metrics, "target")
            .put("type", "Utilization")
            .put("averageUtilization", DEFAULT_UTILIZATION);
      }
      spec.set("metrics", metrics);
      ObjectNode behavior = AutoscalerBehavior.toV2(read(riding, BEHAVIOR));
      if (!behavior.isEmpty()) {
        spec.set("behavior", behavior);
      }
    }
    if (o.path("status") instanceof ObjectNode status) {
      JsonNode utilization = taken(status, "currentCPUUtilizationPercentage");
      ArrayNode current = all(riding, CURRENT, AutoscalerMetrics.CURRENT::toV2);
      if (current.isEmpty() && utilization.isNumber()) {
        cpu(current, "current").set("averageUtilization", utilization);
      }
      if (!current.isEmpty()) {
        status.set("currentMetrics", current);
      }
      ArrayNode conditions = all(riding, CONDITIONS, AutoscalerConversion::condition);
      if (!conditions.isEmpty()) {
        status.set("conditions", conditions);
      }
    }
  }

  /** A metric of CPU, of which the numbers are still to be said. */
  private static ObjectNode cpu(ArrayNode metrics, String part) {
    ObjectNode resource = metrics.addObject().put("type", "Resource").putObject("resource");
    return resource.put("name", "cpu").putObject(part);
  }

  private static ArrayNode all(
      ObjectNode riding, String name, Function<JsonNode, ObjectNode> converted) {
    ArrayNode out = Json.array();
    JsonNode given = read(riding, name);
    if (given.isArray()) {
      given.forEach(each -> out.add(converted.apply(each)));
    }
    return out;
  }

  private static JsonNode read(ObjectNode riding, String name) {
    try {
      return Json.parse(riding.path(name).asText("null"));
    } catch (StatusException e) {
      return Json.NODES.nullNode();
    }
  }
}
