package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.Set;

/** What a Pod's status can say, and what it can say next. */
final class PodStatusRules {

  private static final Set<String> OWN_CONDITIONS = Set.of("PodScheduled", "Ready", "Initialized");

  private PodStatusRules() {}

  static void check(JsonNode now, JsonNode before, FieldErrors errors) {
    JsonNode status = now.path("status");
    JsonNode old = before.path("status");
    conditions(status.path("conditions"), errors);
    String nominated = Nodes.text(status, "nominatedNodeName");
    if (!nominated.isEmpty() && !Nodes.same(status, old, "nominatedNodeName")) {
      errors.invalid(
          FieldPath.STATUS, "nominatedNodeName", nominated, NameRules.dnsSubdomain(nominated));
    }
    MetaRules.immutable(status, old, FieldPath.STATUS, "qosClass", errors);
    JsonNode spec = before.path("spec");
    ContainerStatusRules containers = new ContainerStatusRules(spec, errors);
    containers.check("containerStatuses", "containers", status, old);
    containers.check("initContainerStatuses", "initContainers", status, old);
    containers.check("ephemeralContainerStatuses", "", status, old);
    claims(status.path("resourceClaimStatuses"), spec.path("resourceClaims"), errors);
    addresses(status.path("podIPs"), "podIPs", errors);
    JsonNode hosts = status.path("hostIPs");
    String first = Nodes.text(hosts.path(0), "ip");
    if (!hosts.isEmpty() && !first.equals(Nodes.text(status, "hostIP"))) {
      errors.invalid(
          FieldPath.STATUS.child("hostIPs").index(0), "ip", first, "must be equal to `hostIP`");
    }
    addresses(hosts, "hostIPs", errors);
  }

  /** The path of a condition is upstream's. */
  private static void conditions(JsonNode conditions, FieldErrors errors) {
    int i = 0;
    for (JsonNode condition : conditions) {
      String type = Nodes.text(condition, "type");
      if (!OWN_CONDITIONS.contains(type)) {
        errors.invalid(
            FieldPath.METADATA.child("conditions").index(i),
            "Type",
            type,
            NameRules.qualifiedName(type));
      }
      i++;
    }
  }

  private static void claims(JsonNode statuses, JsonNode claims, FieldErrors errors) {
    Set<String> names = new HashSet<>();
    claims.forEach(claim -> names.add(Nodes.text(claim, "name")));
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode status : statuses) {
      FieldPath at = FieldPath.STATUS.child("resourceClaimStatuses").index(i++);
      String name = Nodes.text(status, "name");
      if (!names.contains(name)) {
        errors.invalid(
            at, "name", name, "must match the name of an entry in `spec.resourceClaims`");
      }
      if (!seen.add(name)) {
        errors.duplicate(at, "name", name);
      }
      if (Nodes.set(status, "resourceClaimName")) {
        String claim = Nodes.text(status, "resourceClaimName");
        errors.invalid(at, "name", claim, NameRules.dnsSubdomain(claim));
      }
    }
  }

  /** At most one of each of the two families. */
  private static void addresses(JsonNode list, String field, FieldErrors errors) {
    FieldPath path = FieldPath.STATUS.child(field);
    Set<String> seen = new HashSet<>();
    int six = 0;
    int i = 0;
    for (JsonNode address : list) {
      String ip = Nodes.text(address, "ip");
      Addresses.ip(ip, path.index(i), "", errors);
      if (!seen.add(ip)) {
        errors.duplicate(path.index(i), "", Json.object().put("IP", ip));
      }
      six += ip.indexOf(':') >= 0 ? 1 : 0;
      i++;
    }
    if (i > 2 || i == 2 && six != 1) {
      ArrayNode shown = Json.NODES.arrayNode();
      list.forEach(address -> shown.addObject().set("IP", address.path("ip")));
      errors.invalid(path, "", shown, "may specify no more than one IP for each IP family");
    }
  }
}
