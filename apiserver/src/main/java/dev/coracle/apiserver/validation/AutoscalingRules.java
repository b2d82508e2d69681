package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.math.BigDecimal;
import java.util.Set;

/** HorizontalPodAutoscaler in either version. */
final class AutoscalingRules implements KindRules {

  private static final Set<String> SELECT = Set.of("Disabled", "Max", "Min");
  private static final Set<String> POLICIES = Set.of("Percent", "Pods");
  private static final int LONGEST_WINDOW = 3600;
  private static final int LONGEST_PERIOD = 1800;

  /**
   * How much is asked of an autoscaler; less of one that was stored before it was asked.
   *
   * @param least how few replicas there may be
   * @param target of the version of what is scaled
   * @param measured of the versions of the objects that metrics describe
   */
  private record Wanted(int least, ApiVersion target, ApiVersion measured) {}

  /** What a reference's {@code apiVersion} must be. */
  enum ApiVersion {
    /** Anything. */
    ANY,
    /** One that can be read. */
    READABLE,
    /** One with a group. */
    GROUPED;

    String problem(String text) {
      int slash = text.indexOf('/');
      if (this == ANY) {
        return "";
      }
      if (slash >= 0 && text.indexOf('/', slash + 1) >= 0) {
        return "unexpected GroupVersion string: " + text;
      }
      return this == GROUPED && slash <= 0 ? "apiVersion must specify API group" : "";
    }
  }

  @Override
  public void check(ObjectNode hpa, FieldErrors errors) {
    spec(hpa.path("spec"), new Wanted(1, target(hpa), ApiVersion.READABLE), errors);
  }

  /** What is scaled to zero already may stay so, and a version that was not read before, too. */
  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode old = before.path("spec");
    boolean isZero = Nodes.set(old, "minReplicas") && old.path("minReplicas").asInt() == 0;
    JsonNode is = now.path("spec").path("scaleTargetRef");
    JsonNode was = old.path("scaleTargetRef");
    boolean same =
        Nodes.text(is, "apiVersion").equals(Nodes.text(was, "apiVersion"))
            && Nodes.text(is, "kind").equals(Nodes.text(was, "kind"));
    ApiVersion measured = ApiVersion.READABLE;
    for (JsonNode metric : old.path("metrics")) {
      String version = Nodes.text(metric.path("object").path("describedObject"), "apiVersion");
      if (Nodes.text(metric, "type").equals("Object")
          && !ApiVersion.READABLE.problem(version).isEmpty()) {
        measured = ApiVersion.ANY;
      }
    }
    ApiVersion target = same ? ApiVersion.ANY : target(now);
    spec(now.path("spec"), new Wanted(isZero ? 0 : 1, target, measured), errors);
  }

  /** The one kind of core's that can be scaled has no group. */
  private static ApiVersion target(ObjectNode hpa) {
    JsonNode reference = hpa.path("spec").path("scaleTargetRef");
    return Nodes.text(reference, "kind").equals("ReplicationController")
        ? ApiVersion.READABLE
        : ApiVersion.GROUPED;
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

  private static void spec(JsonNode spec, Wanted wanted, FieldErrors errors) {
    boolean hasMin = Nodes.set(spec, "minReplicas");
    int min = spec.path("minReplicas").asInt();
    if (hasMin && min < wanted.least) {
      errors.invalid(
          FieldPath.SPEC, "minReplicas", min, "must be greater than or equal to " + wanted.least);
    }
    int max = spec.path("maxReplicas").asInt(0);
    if (max == 0) {
      errors.required(FieldPath.SPEC, "maxReplicas", "must be set and greater than 0");
    } else if (max < 0) {
      errors.invalid(FieldPath.SPEC, "maxReplicas", max, "must be greater than or equal to 1");
    }
    if (hasMin && min > max) {
      errors.invalid(
          FieldPath.SPEC, "maxReplicas", max, "must be greater than or equal to `minReplicas`");
    }
    reference(
        spec.path("scaleTargetRef"), FieldPath.SPEC.child("scaleTargetRef"), wanted.target, errors);
    FieldPath metrics = FieldPath.SPEC.child("metrics");
    boolean elsewhere = false;
    int i = 0;
    for (JsonNode metric : spec.path("metrics")) {
      MetricRules.metric(metric, metrics.index(i++), wanted.measured, errors);
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

  static void reference(JsonNode target, FieldPath at, ApiVersion version, FieldErrors errors) {
    for (String field : new String[] {"kind", "name"}) {
      String value = Nodes.text(target, field);
      if (value.isEmpty()) {
        errors.required(at, field);
      } else {
        errors.invalid(at, field, value, NameRules.pathSegment(value));
      }
    }
    String apiVersion = Nodes.text(target, "apiVersion");
    String problem = version.problem(apiVersion);
    if (!problem.isEmpty()) {
      errors.invalid(at, "apiVersion", apiVersion, problem);
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
    BigDecimal tolerance = Nodes.quantity(rules.path("tolerance"));
    if (tolerance != null && tolerance.signum() < 0) {
      String text = Nodes.text(rules, "tolerance");
      errors.invalid(at, "tolerance", text, "must be greater than or equal to 0");
    }
  }

  static final class Scale implements KindRules {
    @Override
    public void check(ObjectNode scale, FieldErrors errors) {
      WorkloadRules.notNegative(scale.path("spec"), "replicas", FieldPath.SPEC, errors);
    }
  }
}
