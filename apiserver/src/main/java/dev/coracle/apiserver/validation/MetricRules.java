package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** One of the metrics that a HorizontalPodAutoscaler goes by. */
final class MetricRules {

  private static final Set<String> TYPES =
      Set.of("ContainerResource", "External", "Object", "Pods", "Resource");

  /** The fields of the sources, in the order in which upstream looks at them. */
  private static final List<String> SOURCES =
      List.of("object", "external", "pods", "resource", "containerResource");

  private static final Set<String> TARGETS = Set.of("AverageValue", "Utilization", "Value");

  private MetricRules() {}

  static void metric(
      JsonNode metric, FieldPath at, AutoscalingRules.ApiVersion measured, FieldErrors errors) {
    String type = Nodes.text(metric, "type");
    if (type.isEmpty()) {
      errors.required(at, "type", "must specify a metric source type");
    }
    boolean known = TYPES.contains(type);
    if (!known) {
      errors.unsupported(at, "type", type, TYPES);
    }
    List<String> present = new ArrayList<>();
    for (String source : SOURCES) {
      if (Nodes.set(metric, source)) {
        present.add(source);
        if (present.size() == 1) {
          source(source, metric.path(source), at.child(source), measured, errors);
        }
      }
    }
    String expected = known ? Character.toLowerCase(type.charAt(0)) + type.substring(1) : "";
    if (!known) {
      // Upstream says so twice.
      errors.unsupported(at, "type", type, TYPES);
    } else if (!Nodes.set(metric, expected)) {
      errors.required(at, expected, "must populate information for the given metric source");
    }
    if (present.size() != 1) {
      present.remove(expected);
      present.forEach(
          other -> errors.forbidden(at, other, "must populate the given metric source only"));
    }
  }

  private static void source(
      String kind,
      JsonNode source,
      FieldPath at,
      AutoscalingRules.ApiVersion measured,
      FieldErrors errors) {
    JsonNode target = source.path("target");
    boolean value = Nodes.set(target, "value");
    boolean average = Nodes.set(target, "averageValue");
    FieldPath of = at.child("target");
    switch (kind) {
      case "object" -> {
        AutoscalingRules.reference(
            source.path("describedObject"), at.child("describedObject"), measured, errors);
        identifier(source.path("metric"), at.child("metric"), errors);
        target(target, of, errors);
        if (!value && !average) {
          errors.required(of, "averageValue", "must set either a target value or averageValue");
        }
      }
      case "external" -> {
        identifier(source.path("metric"), at.child("metric"), errors);
        target(target, of, errors);
        if (!value && !average) {
          errors.required(
              of, "averageValue", "must set either a target value for metric or a per-pod target");
        } else if (value && average) {
          errors.forbidden(
              of, "value", "may not set both a target value for metric and a per-pod target");
        }
      }
      case "pods" -> {
        identifier(source.path("metric"), at.child("metric"), errors);
        target(target, of, errors);
        if (!average) {
          errors.required(of, "averageValue", "must specify a positive target averageValue");
        }
      }
      default -> resource(kind, source, at, errors);
    }
  }

  private static void resource(String kind, JsonNode source, FieldPath at, FieldErrors errors) {
    String name = Nodes.text(source, "name");
    if (name.isEmpty()) {
      errors.required(at, "name", "must specify a resource name");
    }
    if (kind.equals("containerResource")) {
      if (!name.isEmpty()) {
        ResourceRules.containerName(name, at.child("name"), errors);
      }
      String container = Nodes.text(source, "container");
      if (container.isEmpty()) {
        errors.required(at, "container", "must specify a container");
      } else {
        errors.invalid(at, "container", container, NameRules.dnsLabel(container));
      }
    }
    JsonNode target = source.path("target");
    FieldPath of = at.child("target");
    target(target, of, errors);
    boolean utilization = Nodes.set(target, "averageUtilization");
    boolean average = Nodes.set(target, "averageValue");
    if (!utilization && !average) {
      errors.required(
          of, "averageUtilization", "must set either a target raw value or a target utilization");
    } else if (utilization && average) {
      errors.forbidden(
          of, "averageValue", "may not set both a target raw value and a target utilization");
    }
  }

  private static void identifier(JsonNode metric, FieldPath at, FieldErrors errors) {
    String name = Nodes.text(metric, "name");
    if (name.isEmpty()) {
      errors.required(at, "name", "must specify a metric name");
    } else {
      errors.invalid(at, "name", name, NameRules.pathSegment(name));
    }
  }

  private static void target(JsonNode target, FieldPath at, FieldErrors errors) {
    String type = Nodes.text(target, "type");
    if (type.isEmpty()) {
      errors.required(at, "type", "must specify a metric target type");
    }
    if (!TARGETS.contains(type)) {
      errors.invalid(at, "type", type, "must be either Utilization, Value, or AverageValue");
    }
    for (String field : new String[] {"value", "averageValue"}) {
      BigDecimal amount = Nodes.quantity(target.path(field));
      if (amount != null && amount.signum() <= 0) {
        errors.invalid(at, field, target.path(field).asText(), "must be positive");
      }
    }
    if (Nodes.set(target, "averageUtilization") && target.path("averageUtilization").asInt() < 1) {
      errors.invalid(
          at,
          "averageUtilization",
          target.path("averageUtilization").asInt(),
          "must be greater than 0");
    }
  }
}
