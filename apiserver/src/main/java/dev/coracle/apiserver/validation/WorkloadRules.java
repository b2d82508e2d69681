package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.HashSet;
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

  private static void template(JsonNode spec, boolean alwaysRestarts, FieldErrors errors) {
    FieldPath path = FieldPath.SPEC.child("template");
    PodTemplateRules.check(spec.path("template"), path, errors);
    String restart = spec.path("template").path("spec").path("restartPolicy").asText("");
    if (alwaysRestarts && !restart.isEmpty() && !restart.equals("Always")) {
      errors.unsupported(path.child("spec"), "restartPolicy", restart, ALWAYS);
    }
    if (alwaysRestarts && Nodes.set(spec.path("template").path("spec"), "activeDeadlineSeconds")) {
      errors.forbidden(
          path.child("spec"),
          "activeDeadlineSeconds",
          "activeDeadlineSeconds in " + "ReplicaSet is not Supported");
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

  private static void atMostAll(JsonNode node, String field, FieldPath path, FieldErrors errors) {
    String text = node.path(field).asText("");
    if (text.matches("[0-9]{1,9}%")
        && Integer.parseInt(text.substring(0, text.length() - 1)) > 100) {
      errors.invalid(path, field, text, "must not be greater than 100%");
    }
  }

  private static boolean isZero(JsonNode value) {
    return value.isTextual()
        ? value.textValue().matches("0+%")
        : !value.isMissingNode() && value.asInt(0) == 0;
  }

  static final class Deployment implements KindRules {
    @Override
    public void check(ObjectNode object, FieldErrors errors) {
      JsonNode spec = object.path("spec");
      notNegative(spec, "replicas", FieldPath.SPEC, errors);
      SelectorRules.workload(spec, FieldPath.SPEC, "deployment", errors);
      template(spec, true, errors);
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
            atMostAll(rolling, "maxUnavailable", at, errors);
            if (isZero(rolling.path("maxUnavailable")) && isZero(rolling.path("maxSurge"))) {
              errors.invalid(
                  at,
                  "maxUnavailable",
                  MetaRules.text(rolling.path("maxUnavailable")),
                  "may not be 0 when `maxSurge` is 0");
            }
          }
        }
        default ->
            errors.unsupported(path, "", shown(strategy), List.of("Recreate", "RollingUpdate"));
      }
      for (String f :
          new String[] {"minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"}) {
        notNegative(spec, f, FieldPath.SPEC, errors);
      }
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
  }

  static final class ReplicaSet implements KindRules {
    @Override
    public void check(ObjectNode object, FieldErrors errors) {
      JsonNode spec = object.path("spec");
      notNegative(spec, "replicas", FieldPath.SPEC, errors);
      notNegative(spec, "minReadySeconds", FieldPath.SPEC, errors);
      SelectorRules.workload(spec, FieldPath.SPEC, "deployment", errors);
      template(spec, true, errors);
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(
          now.path("spec"), before.path("spec"), FieldPath.SPEC, "selector", errors);
    }
  }

  static final class ReplicationController implements KindRules {
    @Override
    public void check(ObjectNode object, FieldErrors errors) {
      JsonNode spec = object.path("spec");
      notNegative(spec, "replicas", FieldPath.SPEC, errors);
      notNegative(spec, "minReadySeconds", FieldPath.SPEC, errors);
      if (!Nodes.has(spec, "selector")) {
        errors.required(FieldPath.SPEC, "selector");
      }
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
      template(spec, true, errors);
    }
  }

  static final class StatefulSet implements KindRules {
    private static final Set<String> POLICIES = Set.of("OrderedReady", "Parallel");
    private static final Set<String> STRATEGIES = Set.of("OnDelete", "RollingUpdate");
    private static final Set<String> MUTABLE =
        Set.of(
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds");

    @Override
    public void check(ObjectNode object, FieldErrors errors) {
      JsonNode spec = object.path("spec");
      String policy = Nodes.text(spec, "podManagementPolicy");
      if (policy.isEmpty()) {
        errors.required(FieldPath.SPEC, "podManagementPolicy");
      } else if (!POLICIES.contains(policy)) {
        errors.invalid(
            FieldPath.SPEC, "podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'");
      }
      JsonNode strategy = spec.path("updateStrategy");
      String type = Nodes.text(strategy, "type");
      if (!STRATEGIES.contains(type)) {
        errors.invalid(
            FieldPath.SPEC, "updateStrategy", strategy, "must be 'RollingUpdate' or 'OnDelete'");
      } else if (type.equals("RollingUpdate")) {
        notNegative(
            strategy.path("rollingUpdate"),
            "partition",
            FieldPath.SPEC.child("updateStrategy", "rollingUpdate"),
            errors);
      }
      for (String f : new String[] {"replicas", "minReadySeconds", "revisionHistoryLimit"}) {
        notNegative(spec, f, FieldPath.SPEC, errors);
      }
      notNegative(spec.path("ordinals"), "start", FieldPath.SPEC.child("ordinals"), errors);
      SelectorRules.workload(spec, FieldPath.SPEC, "statefulset", errors);
      template(withClaims(spec), true, errors);
    }

    /** Its pods get a volume for each claim, so containers may mount these too. */
    private static JsonNode withClaims(JsonNode spec) {
      if (spec.path("volumeClaimTemplates").isEmpty()) {
        return spec;
      }
      ObjectNode copy = Nodes.copy(spec);
      ArrayNode volumes =
          copy.withObjectProperty("template")
              .withObjectProperty("spec")
              .withArrayProperty("volumes");
      Set<String> names = new HashSet<>();
      volumes.forEach(v -> names.add(v.path("name").asText("")));
      for (JsonNode claim : spec.path("volumeClaimTemplates")) {
        String name = claim.path("metadata").path("name").asText("");
        if (names.add(name)) {
          volumes
              .addObject()
              .put("name", name)
              .putObject("persistentVolumeClaim")
              .put("claimName", name);
        }
      }
      return copy;
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      ObjectNode a = Nodes.copy(now.path("spec"));
      ObjectNode b = Nodes.copy(before.path("spec"));
      a.remove(MUTABLE);
      b.remove(MUTABLE);
      clean(a);
      clean(b);
      if (!Trees.equal(a, b)) {
        errors.forbidden(
            FieldPath.ROOT,
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template',"
                + " 'updateStrategy', 'revisionHistoryLimit',"
                + " 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
      }
    }

    /** Claims are templates: their status says nothing. */
    private static void clean(ObjectNode spec) {
      for (JsonNode claim : spec.path("volumeClaimTemplates")) {
        ((ObjectNode) claim).remove("status");
        if (claim.get("metadata") instanceof ObjectNode m) {
          m.remove("creationTimestamp");
        }
      }
      if (Nodes.text(spec, "serviceName").isEmpty()) {
        spec.remove("serviceName");
      }
    }
  }

  static final class DaemonSet implements KindRules {
    @Override
    public void check(ObjectNode object, FieldErrors errors) {
      JsonNode spec = object.path("spec");
      SelectorRules.daemonSet(spec, FieldPath.SPEC, errors);
      template(spec, true, errors);
      notNegative(spec, "minReadySeconds", FieldPath.SPEC, errors);
      notNegative(spec, "revisionHistoryLimit", FieldPath.SPEC, errors);
      JsonNode strategy = spec.path("updateStrategy");
      FieldPath path = FieldPath.SPEC.child("updateStrategy");
      switch (Nodes.text(strategy, "type")) {
        case "OnDelete" -> {}
        case "RollingUpdate" -> {
          JsonNode rolling = strategy.path("rollingUpdate");
          FieldPath at = path.child("rollingUpdate");
          amount(rolling, "maxUnavailable", at, errors);
          amount(rolling, "maxSurge", at, errors);
          atMostAll(rolling, "maxUnavailable", at, errors);
          if (isZero(rolling.path("maxUnavailable")) && isZero(rolling.path("maxSurge"))) {
            errors.required(at, "maxUnavailable", "cannot be 0 when maxSurge is 0");
          }
        }
        default ->
            errors.unsupported(path, "", shown(strategy), List.of("RollingUpdate", "OnDelete"));
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(
          now.path("spec"), before.path("spec"), FieldPath.SPEC, "selector", errors);
    }
  }

  static final class ControllerRevision implements KindRules {
    @Override
    public void check(ObjectNode object, FieldErrors errors) {
      if (!object.has("data")) {
        errors.required(FieldPath.ROOT, "data", "data is mandatory");
      }
      notNegative(object, "revision", FieldPath.ROOT, errors);
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(now, before, FieldPath.ROOT, "data", errors);
    }
  }
}
