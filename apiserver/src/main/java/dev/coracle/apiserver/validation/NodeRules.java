package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Nodes: taints and Pod CIDRs. */
final class NodeRules implements KindRules {

  private static final List<String> EFFECTS =
      List.of("NoSchedule", "PreferNoSchedule", "NoExecute");

  @Override
  public void check(ObjectNode node, FieldErrors errors) {
    check(node, Json.object(), errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    check(now, before, errors);
    checkUpdate(now, before, errors);
  }

  private static void check(ObjectNode node, JsonNode before, FieldErrors errors) {
    JsonNode spec = node.path("spec");
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode t : spec.path("taints")) {
      FieldPath at = FieldPath.SPEC.child("taints").index(i++);
      String key = Nodes.text(t, "key");
      errors.invalid(at, "key", key, NameRules.qualifiedName(key));
      errors.invalid(
          at, "value", Nodes.text(t, "value"), NameRules.labelValue(Nodes.text(t, "value")));
      PodSpecRules.choice(t, "effect", EFFECTS, at, errors);
      if (!seen.add(key + ":" + Nodes.text(t, "effect"))) {
        errors.duplicate(at, "", t);
      }
    }
    Set<String> known = new HashSet<>();
    before.path("spec").path("podCIDRs").forEach(cidr -> known.add(cidr.asText()));
    i = 0;
    for (JsonNode cidr : spec.path("podCIDRs")) {
      FieldPath at = FieldPath.SPEC.child("podCIDRs").index(i++);
      Addresses.network(cidr.asText(), known, at, "", errors);
    }
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode was = before.path("spec");
    if (Nodes.has(was, "podCIDR") && !Nodes.same(now.path("spec"), was, "podCIDR")) {
      errors.forbidden(
          FieldPath.SPEC,
          "podCIDRs",
          "node updates may not change podCIDR except from \"\" to valid");
    }
    if (Nodes.has(was, "providerID") && !Nodes.same(now.path("spec"), was, "providerID")) {
      errors.forbidden(
          FieldPath.SPEC,
          "providerID",
          "node updates may not change providerID except from \"\" to valid");
    }
  }
}
