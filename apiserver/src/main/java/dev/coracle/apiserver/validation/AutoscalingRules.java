package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Set;

/** HorizontalPodAutoscaler in either version. */
final class AutoscalingRules implements KindRules {

  private static final Set<String> METRICS =
      Set.of("ContainerResource", "External", "Object", "Pods", "Resource");

  @Override
  public void check(ObjectNode hpa, FieldErrors errors) {
    JsonNode spec = hpa.path("spec");
    if (Nodes.set(spec, "minReplicas") && spec.path("minReplicas").asInt() < 1) {
      errors.invalid(
          FieldPath.SPEC,
          "minReplicas",
          spec.path("minReplicas").asInt(),
          "must be greater than or equal to 1");
    }
    int max = spec.path("maxReplicas").asInt(0);
    if (max < 1) {
      errors.invalid(FieldPath.SPEC, "maxReplicas", max, "must be greater than 0");
    }
    if (spec.path("minReplicas").asInt(0) > max) {
      errors.invalid(
          FieldPath.SPEC, "maxReplicas", max, "must be greater than or equal to `minReplicas`");
    }
    JsonNode target = spec.path("scaleTargetRef");
    FieldPath at = FieldPath.SPEC.child("scaleTargetRef");
    for (String field : new String[] {"kind", "name"}) {
      String value = Nodes.text(target, field);
      if (value.isEmpty()) {
        errors.required(at, field);
      } else {
        errors.invalid(at, field, value, NameRules.pathSegment(value));
      }
    }
    int i = 0;
    for (JsonNode metric : spec.path("metrics")) {
      FieldPath p = FieldPath.SPEC.child("metrics").index(i++);
      String type = Nodes.text(metric, "type");
      if (type.isEmpty()) {
        errors.required(p, "type", "must specify a metric source type");
      } else if (!METRICS.contains(type)) {
        errors.unsupported(p, "type", type, METRICS);
      } else {
        String field = Character.toLowerCase(type.charAt(0)) + type.substring(1);
        if (!Nodes.set(metric, field)) {
          errors.required(p, field, "must populate information for the given metric source");
        }
      }
    }
  }

  static final class Scale implements KindRules {
    @Override
    public void check(ObjectNode scale, FieldErrors errors) {
      WorkloadRules.notNegative(scale.path("spec"), "replicas", FieldPath.SPEC, errors);
    }
  }
}
