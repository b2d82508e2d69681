package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;

/**
 * Metrics of HorizontalPodAutoscalers, wanted and current ones, as autoscaling/v1 writes them into
 * annotations: there a metric has its numbers and its name beside one another, and in
 * autoscaling/v2 in parts of their own.
 */
enum AutoscalerMetrics {
  WANTED("target"),
  CURRENT("current");

  private static final String VALUE = "Value";
  private static final String AVERAGE_VALUE = "AverageValue";
  private static final String AVERAGE_UTILIZATION = "AverageUtilization";

  /** Where autoscaling/v2 has the numbers, and what their names begin with in autoscaling/v1. */
  private final String part;

  AutoscalerMetrics(String part) {
    this.part = part;
  }

  /** In the order of upstream's fields. */
  ObjectNode toV1(JsonNode metric) {
    ObjectNode out = Json.object().put("type", metric.path("type").asText(""));
    if (metric.path("object") instanceof ObjectNode from) {
      ObjectNode to = out.putObject("object");
      JsonNode numbers = from.path(part);
      to.set("target", reference(from.path("describedObject")));
      to.put("metricName", metricName(from));
      quantity(numbers, "value", to, part + VALUE);
      copy(from.path("metric"), "selector", to, "selector");
      copy(numbers, "averageValue", to, "averageValue");
    }
    if (metric.path("pods") instanceof ObjectNode from) {
      ObjectNode to = out.putObject("pods").put("metricName", metricName(from));
      quantity(from.path(part), "averageValue", to, part + AVERAGE_VALUE);
      copy(from.path("metric"), "selector", to, "selector");
    }
    for (String kind : new String[] {"resource", "containerResource"}) {
      if (metric.path(kind) instanceof ObjectNode from) {
        ObjectNode to = out.putObject(kind).put("name", from.path("name").asText(""));
        copy(from.path(part), "averageUtilization", to, part + AVERAGE_UTILIZATION);
        value(from.path(part), "averageValue", to, part + AVERAGE_VALUE);
        copy(from, "container", to, "container");
      }
    }
    if (metric.path("external") instanceof ObjectNode from) {
      ObjectNode to = out.putObject("external").put("metricName", metricName(from));
      copy(from.path("metric"), "selector", to, "metricSelector");
      value(from.path(part), "value", to, part + VALUE);
      copy(from.path(part), "averageValue", to, part + AVERAGE_VALUE);
    }
    return out;
  }

  ObjectNode toV2(JsonNode metric) {
    ObjectNode out = Json.object().put("type", metric.path("type").asText(""));
    if (metric.path("object") instanceof ObjectNode from) {
      ObjectNode to = out.putObject("object");
      to.set("describedObject", reference(from.path("target")));
      identify(from, "selector", to);
      ObjectNode numbers = numbers(to, from.hasNonNull("averageValue") ? AVERAGE_VALUE : VALUE);
      quantity(from, part + VALUE, numbers, "value");
      copy(from, "averageValue", numbers, "averageValue");
    }
    if (metric.path("pods") instanceof ObjectNode from) {
      ObjectNode to = out.putObject("pods");
      identify(from, "selector", to);
      quantity(from, part + AVERAGE_VALUE, numbers(to, AVERAGE_VALUE), "averageValue");
    }
    for (String kind : new String[] {"resource", "containerResource"}) {
      if (metric.path(kind) instanceof ObjectNode from) {
        ObjectNode to = out.putObject(kind).put("name", from.path("name").asText(""));
        copy(from, "container", to, "container");
        boolean utilization = from.hasNonNull(part + AVERAGE_UTILIZATION);
        ObjectNode numbers = numbers(to, utilization ? "Utilization" : AVERAGE_VALUE);
        value(from, part + AVERAGE_VALUE, numbers, "averageValue");
        copy(from, part + AVERAGE_UTILIZATION, numbers, "averageUtilization");
      }
    }
    if (metric.path("external") instanceof ObjectNode from) {
      ObjectNode to = out.putObject("external");
      identify(from, "metricSelector", to);
      ObjectNode numbers = numbers(to, from.hasNonNull(part + VALUE) ? VALUE : AVERAGE_VALUE);
      value(from, part + VALUE, numbers, "value");
      copy(from, part + AVERAGE_VALUE, numbers, "averageValue");
    }
    return out;
  }

  /** Only what is wanted says by which of the numbers. */
  private ObjectNode numbers(ObjectNode to, String type) {
    ObjectNode out = to.putObject(part);
    return this == WANTED ? out.put("type", type) : out;
  }

  private static String metricName(JsonNode from) {
    return from.path("metric").path("name").asText("");
  }

  private static void identify(JsonNode from, String selector, ObjectNode to) {
    ObjectNode metric = to.putObject("metric").put("name", from.path("metricName").asText(""));
    copy(from, selector, metric, "selector");
  }

  private static ObjectNode reference(JsonNode from) {
    ObjectNode out = Json.object().put("kind", from.path("kind").asText(""));
    out.put("name", from.path("name").asText(""));
    copy(from, "apiVersion", out, "apiVersion");
    return out;
  }

  private static void copy(JsonNode from, String name, ObjectNode to, String as) {
    if (from.hasNonNull(name)) {
      to.set(as, from.get(name));
    }
  }

  /** A number that is always there. */
  private static void quantity(JsonNode from, String name, ObjectNode to, String as) {
    to.put(as, "0");
    copy(from, name, to, as);
  }

  /** A number that is always there where it is current. */
  private void value(JsonNode from, String name, ObjectNode to, String as) {
    if (this == CURRENT) {
      quantity(from, name, to, as);
    } else {
      copy(from, name, to, as);
    }
  }
}
