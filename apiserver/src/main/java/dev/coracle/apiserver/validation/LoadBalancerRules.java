package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.Set;

/** Where a load balancer can be reached: {@code status.loadBalancer} of Services and Ingresses. */
final class LoadBalancerRules {

  private static final FieldPath INGRESS = FieldPath.STATUS.child("loadBalancer", "ingress");
  private static final Set<String> MODES = Set.of("VIP", "Proxy");

  private LoadBalancerRules() {}

  /** Addresses that were there before may stay. */
  static void ingress(JsonNode status, JsonNode before, FieldErrors errors) {
    Set<String> known = new HashSet<>();
    before.path("loadBalancer").path("ingress").forEach(p -> known.add(Nodes.text(p, "ip")));
    int i = 0;
    for (JsonNode point : status.path("loadBalancer").path("ingress")) {
      FieldPath at = INGRESS.index(i++);
      if (!known.contains(Nodes.text(point, "ip"))) {
        address(point, at, errors);
      }
      hostName(point, at, errors);
    }
  }

  static void service(JsonNode service, FieldErrors errors) {
    JsonNode points = service.path("status").path("loadBalancer").path("ingress");
    if (!points.isEmpty() && !Nodes.text(service.path("spec"), "type").equals("LoadBalancer")) {
      errors.forbidden(INGRESS, "", "may only be used when `spec.type` is 'LoadBalancer'");
      return;
    }
    int i = 0;
    for (JsonNode point : points) {
      FieldPath at = INGRESS.index(i++);
      address(point, at, errors);
      boolean address = Nodes.has(point, "ip");
      boolean mode = Nodes.set(point, "ipMode");
      String text = Nodes.text(point, "ipMode");
      if (address && !mode) {
        errors.required(at, "ipMode", "must be specified when `ip` is set");
      } else if (mode && !address) {
        errors.forbidden(at, "ipMode", "may not be specified when `ip` is not set");
      } else if (mode && !MODES.contains(text)) {
        errors.unsupported(at, "ipMode", text, MODES);
      }
      hostName(point, at, errors);
    }
  }

  private static void address(JsonNode point, FieldPath at, FieldErrors errors) {
    String ip = Nodes.text(point, "ip");
    if (!ip.isEmpty()) {
      Addresses.ip(ip, at, "ip", errors);
    }
  }

  private static void hostName(JsonNode point, FieldPath at, FieldErrors errors) {
    String name = Nodes.text(point, "hostname");
    if (!name.isEmpty()) {
      errors.invalid(at, "hostname", name, NameRules.dnsSubdomain(name));
      if (Addresses.isIp(name)) {
        errors.invalid(at, "hostname", name, "must be a DNS name, not an IP address");
      }
    }
  }
}
