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
  private static final FieldPath POD_CIDRS = FieldPath.SPEC.child("podCIDRs");

  @Override
  public void check(ObjectNode node, FieldErrors errors) {
    taints(node, errors);
    resources(node, errors);
    JsonNode cidrs = node.path("spec").path("podCIDRs");
    Set<String> seen = new HashSet<>();
    int six = 0;
    int i = 0;
    for (JsonNode cidr : cidrs) {
      FieldPath at = POD_CIDRS.index(i++);
      Addresses.network(cidr.asText(), Set.of(), at, "", errors);
      if (!seen.add(cidr.asText())) {
        errors.duplicate(at, "", cidr.asText());
      }
      six += cidr.asText().indexOf(':') >= 0 ? 1 : 0;
    }
    if (i > 2 || i == 2 && six != 1) {
      errors.invalid(POD_CIDRS, "", cidrs, "may specify no more than one CIDR for each IP family");
    }
  }

  /** The path of taints is upstream's. */
  private static void taints(JsonNode node, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode t : node.path("spec").path("taints")) {
      FieldPath at = FieldPath.METADATA.child("taints").index(i++);
      String key = Nodes.text(t, "key");
      String value = Nodes.text(t, "value");
      String effect = Nodes.text(t, "effect");
      errors.invalid(at, "key", key, NameRules.qualifiedName(key));
      List<String> problems = NameRules.labelValue(value);
      if (!problems.isEmpty()) {
        errors.invalid(at, "value", value, String.join(";", problems));
      }
      PodSpecRules.choice(t, "effect", EFFECTS, at, errors);
      if (!seen.add(key + ":" + effect)) {
        ObjectNode shown = Json.object().put("Key", key).put("Value", value).put("Effect", effect);
        JsonNode added = t.path("timeAdded");
        shown.set("TimeAdded", added.isMissingNode() ? Nodes.NULL : added);
        errors.duplicate(at, "", shown, "taints must be unique by key and effect pair");
      }
    }
  }

  private static void resources(JsonNode node, FieldErrors errors) {
    for (String field : List.of("capacity", "allocatable")) {
      FieldPath at = FieldPath.STATUS.child(field);
      node.path("status")
          .path(field)
          .forEachEntry(
              (name, value) -> ResourceRules.quantity(name, value, at.child(name), errors));
    }
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    resources(now, errors);
    addresses(now.path("status").path("addresses"), errors);
    JsonNode was = before.path("spec");
    JsonNode spec = now.path("spec");
    boolean moved = Nodes.has(was, "podCIDR") && !Nodes.same(spec, was, "podCIDR");
    if (moved || Nodes.has(was, "podCIDRs") && !Nodes.same(spec, was, "podCIDRs")) {
      errors.forbidden(
          POD_CIDRS, "", "node updates may not change podCIDR except from \"\" to valid");
    }
    if (Nodes.has(was, "providerID") && !Nodes.same(spec, was, "providerID")) {
      errors.forbidden(
          FieldPath.SPEC,
          "providerID",
          "node updates may not change providerID except from \"\" to valid");
    }
    taints(now, errors);
    if (!Nodes.text(spec, "externalID").equals(Nodes.text(was, "externalID"))) {
      errors.forbidden(FieldPath.SPEC, "externalID", "may not be updated");
    }
  }

  private static void addresses(JsonNode addresses, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode address : addresses) {
      String type = Nodes.text(address, "type");
      String text = Nodes.text(address, "address");
      if (!seen.add(type + "/" + text)) {
        errors.duplicate(
            FieldPath.STATUS.child("addresses").index(i),
            "",
            Json.object().put("Type", type).put("Address", text));
      }
      i++;
    }
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    if (subresource.equals("status")) {
      checkChanged(now, before, errors);
    }
  }
}
