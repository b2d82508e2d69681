package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The kinds that make Pods from a template. */
final class WorkloadRules {

  private static final Set<String> ALWAYS = Set.of("Always");

  private WorkloadRules() {}

  /** A strategy as upstream's messages show it, by the names of its fields there. */
  private static JsonNode shown(JsonNode strategy) {
    ObjectNode out = Json.object().put("Type", Nodes.text(strategy, "type"));
    JsonNode rolling = strategy.path("rollingUpdate");
    if (rolling.isObject()) {
      ObjectNode amounts = out.putObject("RollingUpdate");
      amounts.set("MaxUnavailable", rolling.path("maxUnavailable"));
      amounts.set("MaxSurge", rolling.path("maxSurge"));
    } else {
      out.putNull("RollingUpdate");
    }
    return out;
  }

  static void notNegative(JsonNode spec, String field, FieldPath path, FieldErrors errors) {
    if (spec.path(field).asLong(0) < 0) {
      errors.invalid(path, field, spec.path(field), "must be greater than or equal to 0");
    }
  }

  /** Of Pods that run for good: they restart always, and have no deadline. */
  static void template(JsonNode spec, String kind, FieldErrors errors) {
    FieldPath path = FieldPath.SPEC.child("template");
    PodTemplateRules.check(spec.path("template"), path, errors);
    forGood(spec.path("template").path("spec"), kind, errors);
  }

  static void forGood(JsonNode pod, String kind, FieldErrors errors) {
    FieldPath path = FieldPath.SPEC.child("template", "spec");
    String restart = Nodes.text(pod, "restartPolicy");
    if (!restart.equals("Always")) {
      errors.unsupported(path, "restartPolicy", restart, ALWAYS);
    }
    if (Nodes.set(pod, "activeDeadlineSeconds")) {
      errors.forbidden(
          path, "activeDeadlineSeconds", "activeDeadlineSeconds in " + kind + " is not Supported");
    }
  }

  /** An amount that is a number or a percentage. */
  static void amount(JsonNode node, String field, FieldPath path, FieldErrors errors) {
    JsonNode value = node.path(field);
    if (value.isTextual()) {
      if (!value.textValue().matches("[0-9]+%")) {
        errors.invalid(
            path,
            field,
            value.textValue(),
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', "
                + " or '93%', regex used for validation is '[0-9]+%')");
      }
    } else if (value.asInt(0) < 0) {
      errors.invalid(path, field, value.asInt(), "must be greater than or equal to 0");
    }
  }

  static void atMostAll(JsonNode node, String field, FieldPath path, FieldErrors errors) {
    String text = node.path(field).asText("");
    if (!text.matches("[0-9]+%")) {
      return;
    }
    String digits = text.substring(0, text.length() - 1).replaceFirst("^0+(?=.)", "");
    if (digits.length() > 3 || Integer.parseInt(digits) > 100) {
      errors.invalid(path, field, text, "must not be greater than 100%");
    }
  }

  /** What is no number at all counts as zero. */
  static boolean isZero(JsonNode value) {
    if (!value.isTextual()) {
      return value.asInt(0) == 0;
    }
    String text = value.textValue();
    return text.matches("0+%") || !text.matches("[0-9]+%") && !text.matches("[+-]?0*[1-9][0-9]*");
  }

  static final class Deployment implements KindRules {

    private static final String ROLLBACK = "deprecated.deployment.rollback.to";

    /** What was a field once, and is asked for by an annotation since. */
    private static void rollback(String revision, FieldErrors errors) {
      if (revision.matches("-0*[1-9][0-9]*")) {
        errors.invalid(
            FieldPath.SPEC.child("rollback"),
            "version",
            new BigInteger(revision),
            "must be greater than or equal to 0");
      }
    }

    @Override
    public void check(ObjectNode object, FieldErrors errors) {
      JsonNode spec = object.path("spec");
      notNegative(spec, "replicas", FieldPath.SPEC, errors);
      if (SelectorRules.workload(spec, FieldPath.SPEC, "invalid label selector", errors)) {
        template(spec, "ReplicaSet", errors);
      }
      JsonNode strategy = spec.path("strategy");
      FieldPath path = FieldPath.SPEC.child("strategy");
      switch (Nodes.text(strategy, "type")) {
        case "Recreate" -> {
          if (Nodes.set(strategy, "rollingUpdate")) {
            errors.forbidden(
                path, "rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
          }
        }
        case "RollingUpdate" -> {
          JsonNode rolling = strategy.path("rollingUpdate");
          FieldPath at = path.child("rollingUpdate");
          if (!rolling.isObject()) {
            errors.required(path, "rollingUpdate", "this should be defaulted and never be nil");
          } else {
            amount(rolling, "maxUnavailable", at, errors);
            amount(rolling, "maxSurge", at, errors);
            if (isZero(rolling.path("maxUnavailable")) && isZero(rolling.path("maxSurge"))) {
              errors.invalid(
                  at,
                  "maxUnavailable",
                  MetaRules.text(rolling.path("maxUnavailable")),
                  "may not be 0 when `maxSurge` is 0");
            }
            atMostAll(rolling, "maxUnavailable", at, errors);
          }
        }
        default ->
            errors.unsupported(path, "", shown(strategy), List.of("Recreate", "RollingUpdate"));
      }
      notNegative(spec, "minReadySeconds", FieldPath.SPEC, errors);
      notNegative(spec, "revisionHistoryLimit", FieldPath.SPEC, errors);
      rollback(object.path("metadata").path("annotations").path(ROLLBACK).asText(""), errors);
      notNegative(spec, "progressDeadlineSeconds", FieldPath.SPEC, errors);
      if (Nodes.set(spec, "progressDeadlineSeconds")
          && spec.path("progressDeadlineSeconds").asLong()
              <= spec.path("minReadySeconds").asLong(0)) {
        errors.invalid(
            FieldPath.SPEC,
            "progressDeadlineSeconds",
            spec.path("progressDeadlineSeconds"),
            "must be greater than minReadySeconds");
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(
          now.path("spec"), before.path("spec"), FieldPath.SPEC, "selector", errors);
    }

    @Override
    public void checkSubresource(
        String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
      if (subresource.equals("status")) {
        ReplicaStatusRules.DEPLOYMENT.check(now, before, errors);
      }
    }
  }

  static final class ReplicaSet implements KindRules {
    @Override
    public void check(ObjectNode object, FieldErrors errors) {
      JsonNode spec = object.path("spec");
      notNegative(spec, "replicas", FieldPath.SPEC, errors);
      notNegative(spec, "minReadySeconds", FieldPath.SPEC, errors);
      if (SelectorRules.workload(spec, FieldPath.SPEC, "invalid label selector", errors)) {
        template(spec, "ReplicaSet", errors);
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(
          now.path("spec"), before.path("spec"), FieldPath.SPEC, "selector", errors);
    }

    @Override
    public void checkSubresource(
        String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
      if (subresource.equals("status")) {
        ReplicaStatusRules.REPLICA_SET.check(now, before, errors);
      }
    }
  }

  static final class ReplicationController implements KindRules {
    @Override
    public void check(ObjectNode object, FieldErrors errors) {
      JsonNode spec = object.path("spec");
      notNegative(spec, "minReadySeconds", FieldPath.SPEC, errors);
      if (!Nodes.has(spec, "selector")) {
        errors.required(FieldPath.SPEC, "selector");
      }
      notNegative(spec, "replicas", FieldPath.SPEC, errors);
      if (!Nodes.set(spec, "template")) {
        errors.required(FieldPath.SPEC, "template");
        return;
      }
      JsonNode labels = spec.path("template").path("metadata").path("labels");
      Map<String, String> selector = KubeObject.strings(spec.path("selector"));
      if (!selector.isEmpty()
          && !LabelSelector.ofLabels(selector).matches(KubeObject.strings(labels))) {
        SelectorRules.mismatch(labels, FieldPath.SPEC, errors);
      }
      template(spec, "ReplicationController", errors);
    }

    @Override
    public void checkSubresource(
        String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
      if (subresource.equals("status")) {
        ReplicaStatusRules.REPLICATION_CONTROLLER.check(now, before, errors);
      }
    }
  }

  static final class DaemonSet implements KindRules {
    @Override
    public void check(ObjectNode object, FieldErrors errors) {
      check(object, false, errors);
    }

    @Override
    public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
      check(now, SelectorRules.hasForeignValue(before.path("spec").path("selector")), errors);
      checkUpdate(now, before, errors);
    }

    private static void check(ObjectNode object, boolean anyValue, FieldErrors errors) {
      JsonNode spec = object.path("spec");
      SelectorRules.daemonSet(spec, FieldPath.SPEC, anyValue, errors);
      template(spec, "DaemonSet", errors);
      notNegative(spec, "minReadySeconds", FieldPath.SPEC, errors);
      strategy(spec, errors);
      notNegative(spec, "revisionHistoryLimit", FieldPath.SPEC, errors);
    }

    private static void strategy(JsonNode spec, FieldErrors errors) {
      JsonNode strategy = spec.path("updateStrategy");
      FieldPath path = FieldPath.SPEC.child("updateStrategy");
      switch (Nodes.text(strategy, "type")) {
        case "OnDelete" -> {}
        case "RollingUpdate" -> {
          if (Nodes.set(strategy, "rollingUpdate")) {
            rolling(strategy.path("rollingUpdate"), path.child("rollingUpdate"), errors);
          } else {
            errors.required(path, "rollingUpdate");
          }
        }
        default ->
            errors.unsupported(path, "", shown(strategy), List.of("RollingUpdate", "OnDelete"));
      }
    }

    private static void rolling(JsonNode rolling, FieldPath at, FieldErrors errors) {
      amount(rolling, "maxUnavailable", at, errors);
      amount(rolling, "maxSurge", at, errors);
      atMostAll(rolling, "maxUnavailable", at, errors);
      atMostAll(rolling, "maxSurge", at, errors);
      boolean unavailable = !isZero(rolling.path("maxUnavailable"));
      boolean surge = !isZero(rolling.path("maxSurge"));
      if (unavailable && surge) {
        errors.invalid(
            at,
            "maxSurge",
            MetaRules.text(rolling.path("maxSurge")),
            "may not be set when maxUnavailable is non-zero");
      } else if (!unavailable && !surge) {
        errors.required(at, "maxUnavailable", "cannot be 0 when maxSurge is 0");
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(
          now.path("spec"), before.path("spec"), FieldPath.SPEC, "selector", errors);
    }

    @Override
    public void checkSubresource(
        String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
      if (subresource.equals("status")) {
        ReplicaStatusRules.DAEMON_SET.check(now, before, errors);
      }
    }
  }

  static final class ControllerRevision implements KindRules {
    @Override
    public void check(ObjectNode object, FieldErrors errors) {
      notNegative(object, "revision", FieldPath.ROOT, errors);
    }

    /** Data of another form, from before this was asked, may stay. */
    @Override
    public void checkCreate(ObjectNode object, FieldErrors errors) {
      if (!Nodes.set(object, "data")) {
        errors.required(FieldPath.ROOT, "data", "data is mandatory");
      } else if (!object.path("data").isObject()) {
        errors.required(FieldPath.ROOT, "data", "data must be a valid JSON object");
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(now, before, FieldPath.ROOT, "data", errors);
    }
  }
}
