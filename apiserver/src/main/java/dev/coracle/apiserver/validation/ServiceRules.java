package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
  private static final Set<String> AFFINITY = Set.of("ClientIP", "None");
  private static final Set<String> PROTOCOLS = Set.of("TCP", "UDP", "SCTP");
  private static final Set<String> TRAFFIC = Set.of("Cluster", "Local");

  @Override
  public List<String> name(String name) {
    return NameRules.dns1035(name);
  }

  @Override
  public void check(ObjectNode service, FieldErrors errors) {
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
      String name = Nodes.text(spec, "externalName").replaceAll("\\.$", "");
      if (name.isEmpty()) {
        errors.required(FieldPath.SPEC, "externalName");
      } else {
        errors.invalid(FieldPath.SPEC, "externalName", name, NameRules.dnsSubdomain(name));
      }
      if (Nodes.has(spec, "clusterIP")) {
        errors.forbidden(FieldPath.SPEC, "clusterIPs", "may not be set for ExternalName services");
      }
    }
    ports(spec, headless || external, type, errors);
    PodSpecRules.choice(spec, "sessionAffinity", AFFINITY, FieldPath.SPEC, errors);
    PodSpecRules.choice(spec, "type", TYPES, FieldPath.SPEC, errors);
    affinity(spec, errors);
    MetaRules.labels(spec.path("selector"), FieldPath.SPEC, "selector", errors);
    String ip = Nodes.text(spec, "clusterIP");
    if (!ip.isEmpty() && !headless) {
      Addresses.ip(ip, FieldPath.SPEC.child("clusterIPs").index(0), "", errors);
    }
    int i = 0;
    for (JsonNode e : spec.path("externalIPs")) {
      FieldPath at = FieldPath.SPEC.child("externalIPs").index(i++);
      Addresses.ip(e.asText(), at, "", errors);
      if (Addresses.isIp(e.asText())) {
        Addresses.nonSpecial(e.asText(), at, errors);
      }
    }
    traffic(spec, type, errors);
    i = 0;
    for (JsonNode r : spec.path("loadBalancerSourceRanges")) {
      FieldPath at = FieldPath.SPEC.child("loadBalancerSourceRanges").index(i++);
      Addresses.cidr(r.asText().strip(), at, "", errors);
    }
    if (Nodes.has(spec, "loadBalancerSourceRanges") && !type.equals("LoadBalancer")) {
      errors.forbidden(
          FieldPath.SPEC,
          "loadBalancerSourceRanges",
          "may only be used when `type` is 'LoadBalancer'");
    }
  }

  private static void traffic(JsonNode spec, String type, FieldErrors errors) {
    String outside = Nodes.text(spec, "externalTrafficPolicy");
    boolean facing =
        type.equals("NodePort") || type.equals("LoadBalancer") || Nodes.has(spec, "externalIPs");
    if (!outside.isEmpty()) {
      if (!facing) {
        errors.invalid(
            FieldPath.SPEC,
            "externalTrafficPolicy",
            outside,
            "may only be set for externally-accessible services");
      } else if (!TRAFFIC.contains(outside)) {
        errors.unsupported(FieldPath.SPEC, "externalTrafficPolicy", outside, TRAFFIC);
      }
    }
    String inside = Nodes.text(spec, "internalTrafficPolicy");
    if (!inside.isEmpty() && !TRAFFIC.contains(inside)) {
      errors.unsupported(FieldPath.SPEC, "internalTrafficPolicy", inside, TRAFFIC);
    }
  }

  private static void affinity(JsonNode spec, FieldErrors errors) {
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

  private static void ports(JsonNode spec, boolean noTarget, String type, FieldErrors errors) {
    Set<String> names = new HashSet<>();
    Set<String> seen = new HashSet<>();
    Set<String> nodePorts = new HashSet<>();
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
      String key = Nodes.text(p, "protocol") + "/" + p.path("port").asText();
      if (!seen.add(key)) {
        errors.duplicate(at, "", ((ObjectNode) p).deepCopy().retain("port", "protocol"));
      }
      int nodePort = p.path("nodePort").asInt(0);
      if (nodePort != 0) {
        if (type.equals("ClusterIP") || type.equals("ExternalName")) {
          errors.forbidden(at, "nodePort", "may not be used when `type` is '" + type + "'");
        } else if (!nodePorts.add(Nodes.text(p, "protocol") + "/" + nodePort)) {
          errors.duplicate(at, "nodePort", nodePort);
        }
      }
    }
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode spec = now.path("spec");
    JsonNode old = before.path("spec");
    String type = Nodes.text(spec, "type");
    String ip = Nodes.text(spec, "clusterIP");
    String was = Nodes.text(old, "clusterIP");
    boolean wasExternal = Nodes.text(old, "type").equals("ExternalName");
    if (!wasExternal && !type.equals("ExternalName") && !was.isEmpty() && !ip.equals(was)) {
      errors.invalid(
          FieldPath.SPEC.child("clusterIPs").index(0),
          "",
          ip.isEmpty() ? "null" : ip,
          "may not change once set");
    }
  }
}
