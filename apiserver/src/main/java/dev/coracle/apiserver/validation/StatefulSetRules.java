package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * StatefulSets. What was stored before a rule was there may be changed elsewhere: an update does
 * not look at the name of the Service and at the claims, and at the template only where that of
 * before was good.
 */
final class StatefulSetRules implements KindRules {

  private static final List<String> RETENTION = List.of("Retain", "Delete");
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
  public List<String> name(String name) {
    return NameRules.dnsLabel(name);
  }

  @Override
  public void check(ObjectNode object, FieldErrors errors) {
    spec(object.path("spec"), true, true, errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    FieldErrors old = new FieldErrors();
    spec(before.path("spec"), false, true, old);
    spec(now.path("spec"), false, old.isEmpty(), errors);
    checkUpdate(now, before, errors);
  }

  private static void spec(
      JsonNode spec, boolean created, boolean withTemplate, FieldErrors errors) {
    String policy = Nodes.text(spec, "podManagementPolicy");
    if (policy.isEmpty()) {
      errors.required(FieldPath.SPEC, "podManagementPolicy");
    } else if (!policy.equals("OrderedReady") && !policy.equals("Parallel")) {
      errors.invalid(
          FieldPath.SPEC, "podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'");
    }
    strategy(spec.path("updateStrategy"), FieldPath.SPEC.child("updateStrategy"), errors);
    if (Nodes.set(spec, "persistentVolumeClaimRetentionPolicy")) {
      for (String when : List.of("whenDeleted", "whenScaled")) {
        String chosen = Nodes.text(spec.path("persistentVolumeClaimRetentionPolicy"), when);
        if (!RETENTION.contains(chosen)) {
          errors.unsupported(
              FieldPath.SPEC.child("persistentVolumeClaimRetentionPolicy"),
              when,
              chosen,
              RETENTION);
        }
      }
    }
    if (created) {
      claims(spec.path("volumeClaimTemplates"), errors);
    }
    WorkloadRules.notNegative(spec, "replicas", FieldPath.SPEC, errors);
    WorkloadRules.notNegative(spec, "minReadySeconds", FieldPath.SPEC, errors);
    WorkloadRules.notNegative(
        spec.path("ordinals"), "start", FieldPath.SPEC.child("ordinals"), errors);
    String service = Nodes.text(spec, "serviceName");
    if (created && !service.isEmpty()) {
      errors.invalid(FieldPath.SPEC, "serviceName", service, NameRules.dnsLabel(service));
    }
    if (SelectorRules.workload(spec, FieldPath.SPEC, "statefulset", "", errors) && withTemplate) {
      PodTemplateRules.check(podsTemplate(spec), FieldPath.SPEC.child("template"), errors);
    }
    WorkloadRules.forGood(spec.path("template").path("spec"), "StatefulSet", errors);
  }

  private static void strategy(JsonNode strategy, FieldPath path, FieldErrors errors) {
    JsonNode rolling = strategy.path("rollingUpdate");
    switch (Nodes.text(strategy, "type")) {
      case "" -> errors.required(path, "");
      case "OnDelete" -> {
        if (rolling.isObject()) {
          errors.invalid(
              path,
              "rollingUpdate",
              shown(rolling),
              "only allowed for updateStrategy 'RollingUpdate'");
        }
      }
      case "RollingUpdate" -> {
        FieldPath at = path.child("rollingUpdate");
        WorkloadRules.notNegative(rolling, "partition", at, errors);
        if (Nodes.set(rolling, "maxUnavailable")) {
          WorkloadRules.amount(rolling, "maxUnavailable", at, errors);
          if (WorkloadRules.isZero(rolling.path("maxUnavailable"))) {
            Object value = MetaRules.text(rolling.path("maxUnavailable"));
            errors.invalid(at, "maxUnavailable", value, "cannot be 0");
          }
          WorkloadRules.atMostAll(rolling, "maxUnavailable", at, errors);
        }
      }
      default -> {
        ObjectNode value = Json.object().put("Type", Nodes.text(strategy, "type"));
        value.set("RollingUpdate", rolling.isObject() ? shown(rolling) : Nodes.NULL);
        errors.invalid(path, "", value, "must be 'RollingUpdate' or 'OnDelete'");
      }
    }
  }

  /** By the names of upstream's own fields, as its messages have it. */
  private static ObjectNode shown(JsonNode rolling) {
    ObjectNode out = Json.object().put("Partition", rolling.path("partition").asInt(0));
    JsonNode most = rolling.path("maxUnavailable");
    out.set("MaxUnavailable", most.isMissingNode() ? Nodes.NULL : most);
    return out;
  }

  private static void claims(JsonNode templates, FieldErrors errors) {
    int i = 0;
    for (JsonNode claim : templates) {
      FieldPath at = FieldPath.SPEC.child("volumeClaimTemplates").index(i++);
      ClaimRules.spec(claim.path("spec"), at.child("spec"), errors);
    }
  }

  /**
   * The template as its Pods will have it: with a volume for each claim, which goes before one of
   * the same name, and with names that are none of its own.
   */
  private static JsonNode podsTemplate(JsonNode spec) {
    ObjectNode template = Nodes.copy(spec.path("template"));
    if (!(template.get("spec") instanceof ObjectNode pod)) {
      return template;
    }
    pod.remove(List.of("subdomain", "hostname"));
    Map<String, JsonNode> claims = new LinkedHashMap<>();
    for (JsonNode claim : spec.path("volumeClaimTemplates")) {
      String name = claim.path("metadata").path("name").asText("");
      ObjectNode volume = Json.object().put("name", name);
      volume.putObject("persistentVolumeClaim").put("claimName", name);
      claims.put(name, volume);
    }
    if (!claims.isEmpty()) {
      ArrayNode volumes = Json.array().addAll(claims.values());
      for (JsonNode volume : pod.path("volumes")) {
        if (!claims.containsKey(volume.path("name").asText(""))) {
          volumes.add(volume);
        }
      }
      pod.set("volumes", volumes);
    }
    return template;
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

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    if (subresource.equals("status")) {
      ReplicaStatusRules.STATEFUL_SET.check(now, before, errors);
    }
  }
}
