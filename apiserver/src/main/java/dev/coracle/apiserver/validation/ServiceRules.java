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

/** Services. Addresses and node ports are given out elsewhere; here is what may be asked for. */
final class ServiceRules implements KindRules {

  private static final Set<String> TYPES =
      Set.of("ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
  private static final String MODE = "service.kubernetes.io/topology-mode";
  private static final String HINTS = "service.kubernetes.io/topology-aware-hints";
  private static final Set<String> AFFINITY = Set.of("ClientIP", "None");
  private static final Set<String> PROTOCOLS = Set.of("TCP", "UDP", "SCTP");

  @Override
  public List<String> name(String name) {
    return NameRules.dnsLabel(name);
  }

  @Override
  public void check(ObjectNode service, FieldErrors errors) {
    check(service, Json.object(), errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    check(now, before, errors);
    checkUpdate(now, before, errors);
  }

  private static void check(ObjectNode service, JsonNode before, FieldErrors errors) {
    hints(service.path("metadata").path("annotations"), errors);
    JsonNode spec = service.path("spec");
    String type = Nodes.text(spec, "type");
    boolean headless = Nodes.text(spec, "clusterIP").equals("None");
    boolean external = type.equals("ExternalName");
    if (!Nodes.has(spec, "ports") && !headless && !external) {
      errors.required(FieldPath.SPEC, "ports");
    }
    if (headless && (type.equals("NodePort") || type.equals("LoadBalancer"))) {
      errors.invalid(
          FieldPath.SPEC.child("clusterIPs").index(0),
          "",
          "None",
          "may not be set to 'None' for " + type + " services");
    }
    if (external) {
      external(spec, errors);
    }
    ports(spec, errors);
    MetaRules.labels(spec.path("selector"), FieldPath.SPEC, "selector", errors);
    PodSpecRules.choice(spec, "sessionAffinity", AFFINITY, FieldPath.SPEC, errors);
    affinity(spec, errors);
    ServiceFamilyRules.check(spec, errors);
    int i = 0;
    for (JsonNode e : spec.path("externalIPs")) {
      FieldPath at = FieldPath.SPEC.child("externalIPs").index(i++);
      Addresses.ip(e.asText(), at, "", errors);
      if (Addresses.isIp(e.asText())) {
        Addresses.nonSpecial(e.asText(), at, errors);
      }
    }
    PodSpecRules.choice(spec, "type", TYPES, FieldPath.SPEC, errors);
    nodePorts(spec, type, errors);
    ServiceTrafficRules.check(service, before, errors);
  }

  /** Where both annotations ask for addresses that are near, they ask for the same. */
  private static void hints(JsonNode annotations, FieldErrors errors) {
    String mode = Nodes.text(annotations, MODE);
    if (annotations.has(MODE)
        && annotations.has(HINTS)
        && !mode.equals(Nodes.text(annotations, HINTS))) {
      errors.invalid(
          FieldPath.METADATA.child("annotations").key(MODE),
          "",
          mode,
          "must match annotations[" + HINTS + "] when both are specified");
    }
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    if (subresource.equals("status")) {
      LoadBalancerRules.service(now, errors);
    }
  }

  private static void external(JsonNode spec, FieldErrors errors) {
    String not = "may not be set for ExternalName services";
    if (Nodes.has(spec, "clusterIP") || Nodes.has(spec, "clusterIPs")) {
      errors.forbidden(FieldPath.SPEC, "clusterIPs", not);
    }
    if (Nodes.has(spec, "ipFamilies")) {
      errors.forbidden(FieldPath.SPEC, "ipFamilies", not);
    }
    if (Nodes.set(spec, "ipFamilyPolicy")) {
      errors.forbidden(FieldPath.SPEC, "ipFamilyPolicy", not);
    }
    String name = Nodes.text(spec, "externalName").replaceAll("\\.$", "");
    if (name.isEmpty()) {
      errors.required(FieldPath.SPEC, "externalName");
    } else {
      errors.invalid(FieldPath.SPEC, "externalName", name, NameRules.dnsSubdomain(name));
    }
  }

  private static void affinity(JsonNode spec, FieldErrors errors) {
    if (Nodes.text(spec, "sessionAffinity").equals("None")
        && Nodes.set(spec, "sessionAffinityConfig")) {
      errors.forbidden(
          FieldPath.SPEC, "sessionAffinityConfig", "must not be set when session affinity is None");
    }
    JsonNode seconds = spec.path("sessionAffinityConfig").path("clientIP").path("timeoutSeconds");
    if (Nodes.text(spec, "sessionAffinity").equals("ClientIP") && seconds.isNumber()) {
      long s = seconds.asLong();
      if (s <= 0 || s > 86400) {
        errors.invalid(
            FieldPath.SPEC.child("sessionAffinityConfig", "clientIP"),
            "timeoutSeconds",
            s,
            "must be greater than 0 and less than 86400");
      }
    }
  }

  private static void ports(JsonNode spec, FieldErrors errors) {
    Set<String> names = new HashSet<>();
    int i = 0;
    int count = spec.path("ports").size();
    for (JsonNode p : spec.path("ports")) {
      FieldPath at = FieldPath.SPEC.child("ports").index(i++);
      String name = Nodes.text(p, "name");
      if (name.isEmpty()) {
        if (count > 1) {
          errors.required(at, "name");
        }
      } else {
        errors.invalid(at, "name", name, NameRules.dnsLabel(name));
        if (!names.add(name)) {
          errors.duplicate(at, "name", name);
        }
      }
      Addresses.port(p.path("port").asLong(0), at, "port", errors);
      PodSpecRules.choice(p, "protocol", PROTOCOLS, at, errors);
      JsonNode target = p.path("targetPort");
      if (target.isTextual()) {
        errors.invalid(
            at, "targetPort", target.textValue(), NameRules.portName(target.textValue()));
      } else if (!target.isMissingNode()) {
        Addresses.port(target.asLong(), at, "targetPort", errors);
      }
      String app = Nodes.text(p, "appProtocol");
      if (!app.isEmpty()) {
        errors.invalid(at, "appProtocol", app, NameRules.qualifiedName(app));
      }
    }
  }

  private static void nodePorts(JsonNode spec, String type, FieldErrors errors) {
    JsonNode ports = spec.path("ports");
    FieldPath path = FieldPath.SPEC.child("ports");
    if (type.equals("ClusterIP")) {
      for (int i = 0; i < ports.size(); i++) {
        if (ports.get(i).path("nodePort").asInt(0) != 0) {
          errors.forbidden(path.index(i), "nodePort", "may not be used when `type` is 'ClusterIP'");
        }
      }
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < ports.size(); i++) {
      int port = ports.get(i).path("nodePort").asInt(0);
      if (port != 0 && !seen.add(Nodes.text(ports.get(i), "protocol") + "/" + port)) {
        errors.duplicate(path.index(i), "nodePort", port);
      }
    }
    seen.clear();
    for (int i = 0; i < ports.size(); i++) {
      String protocol = Nodes.text(ports.get(i), "protocol");
      int port = ports.get(i).path("port").asInt(0);
      if (!seen.add(protocol + "/" + port)) {
        errors.duplicate(path.index(i), "", shown(protocol, port));
      }
    }
  }

  /** As upstream's messages show a port: its own form of it, of which the rest is not set. */
  private static ObjectNode shown(String protocol, int port) {
    return Json.object()
        .put("Name", "")
        .put("Protocol", protocol)
        .putNull("AppProtocol")
        .put("Port", port)
        .put("TargetPort", 0)
        .put("NodePort", 0);
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode spec = now.path("spec");
    JsonNode old = before.path("spec");
    ServiceFamilyRules.checkUpdate(spec, old, errors);
    ServiceTrafficRules.checkUpdate(spec, old, errors);
  }
}
