package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Set;

/** HorizontalPodAutoscaler in either version. */
final class AutoscalingRules implements KindRules {

  private static final Set<String> SELECT = Set.of("Disabled", "Max", "Min");
  private static final Set<String> POLICIES = Set.of("Percent", "Pods");
  private static final int LONGEST_WINDOW = 3600;
  private static final int LONGEST_PERIOD = 1800;

  @Override
  public void check(ObjectNode hpa, FieldErrors errors) {}

  @Override
  public void checkCreate(ObjectNode hpa, FieldErrors errors) {
    spec(hpa.path("spec"), 1, errors);
  }

  /** What is scaled to zero already may stay so. */
  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode old = before.path("spec");
    boolean isZero = Nodes.set(old, "minReplicas") && old.path("minReplicas").asInt() == 0;
    spec(now.path("spec"), isZero ? 0 : 1, errors);
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    if (subresource.equals("status")) {
      for (String field : new String[] {"currentReplicas", "desiredReplicas"}) {
        WorkloadRules.notNegative(now.path("status"), field, FieldPath.STATUS, errors);
      }
    }
  }

  private static void spec(JsonNode spec, int least, FieldErrors errors) {
    boolean hasMin = Nodes.set(spec, "minReplicas");
    int min = spec.path("minReplicas").asInt();
    if (hasMin && min < least) {
      errors.invalid(
          FieldPath.SPEC, "minReplicas", min, "must be greater than or equal to " + least);
    }
    int max = spec.path("maxReplicas").asInt(0);
    if (max < 1) {
      errors.invalid(FieldPath.SPEC, "maxReplicas", max, "must be greater than 0");
    }
    if (hasMin && min > max) {
      errors.invalid(
          FieldPath.SPEC, "maxReplicas", max, "must be greater than or equal to `minReplicas`");
    }
    reference(spec.path("scaleTargetRef"), FieldPath.SPEC.child("scaleTargetRef"), errors);
    FieldPath metrics = FieldPath.SPEC.child("metrics");
    boolean elsewhere = false;
    int i = 0;
    for (JsonNode metric : spec.path("metrics")) {
      MetricRules.metric(metric, metrics.index(i++), errors);
      String type = Nodes.text(metric, "type");
      elsewhere |= type.equals("Object") || type.equals("External");
    }
    if (hasMin && min == 0 && !elsewhere) {
      errors.forbidden(
          metrics,
          "",
          "must specify at least one Object or External metric to support scaling to zero"
              + " replicas");
    }
    for (String way : new String[] {"scaleUp", "scaleDown"}) {
      if (Nodes.set(spec.path("behavior"), way)) {
        behavior(
            spec.path("behavior").path(way), FieldPath.SPEC.child("behavior").child(way), errors);
      }
    }
  }

  static void reference(JsonNode target, FieldPath at, FieldErrors errors) {
    for (String field : new String[] {"kind", "name"}) {
      String value = Nodes.text(target, field);
      if (value.isEmpty()) {
        errors.required(at, field);
      } else {
        errors.invalid(at, field, value, NameRules.pathSegment(value));
      }
    }
  }

  private static void behavior(JsonNode rules, FieldPath at, FieldErrors errors) {
    String window = "stabilizationWindowSeconds";
    long seconds = rules.path(window).asLong();
    if (seconds < 0) {
      errors.invalid(at, window, seconds, "must be greater than or equal to zero");
    }
    if (seconds > LONGEST_WINDOW) {
      errors.invalid(at, window, seconds, "must be less than or equal to " + LONGEST_WINDOW);
    }
    String select = Nodes.text(rules, "selectPolicy");
    if (Nodes.set(rules, "selectPolicy") && !SELECT.contains(select)) {
      errors.unsupported(at, "selectPolicy", select, SELECT);
    }
    if (!Nodes.has(rules, "policies")) {
      errors.required(at, "policies", "must specify at least one Policy");
    }
    int i = 0;
    for (JsonNode policy : rules.path("policies")) {
      FieldPath here = at.child("policies").index(i++);
      String type = Nodes.text(policy, "type");
      if (!POLICIES.contains(type)) {
        errors.unsupported(here, "type", type, POLICIES);
      }
      for (String field : new String[] {"value", "periodSeconds"}) {
        long value = policy.path(field).asLong();
        if (value <= 0) {
          errors.invalid(here, field, value, "must be greater than zero");
        }
      }
      long period = policy.path("periodSeconds").asLong();
      if (period > LONGEST_PERIOD) {
        errors.invalid(
            here, "periodSeconds", period, "must be less than or equal to " + LONGEST_PERIOD);
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
