package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which way traffic to a Service takes, and what only load balancers have. */
final class ServiceTrafficRules {

  private static final Set<String> POLICIES = Set.of("Cluster", "Local");
  private static final List<String> DISTRIBUTIONS =
      List.of("PreferClose", "PreferSameZone", "PreferSameNode");
  private static final String BALANCERS_ALONE = "may only be used when `type` is 'LoadBalancer'";
  private static final String RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";

  private ServiceTrafficRules() {}

  /**
   * @param before what it was, whose ranges may stay; an empty object on create
   */
  static void check(JsonNode service, JsonNode before, FieldErrors errors) {
    JsonNode spec = service.path("spec");
    String type = Nodes.text(spec, "type");
    boolean balanced = type.equals("LoadBalancer");
    ranges(service, before, balanced, errors);
    if (Nodes.set(spec, "allocateLoadBalancerNodePorts") && !balanced) {
      errors.forbidden(FieldPath.SPEC, "allocateLoadBalancerNodePorts", BALANCERS_ALONE);
    }
    if (Nodes.set(spec, "loadBalancerClass")) {
      String of = Nodes.text(spec, "loadBalancerClass");
      if (balanced) {
        errors.invalid(FieldPath.SPEC, "loadBalancerClass", of, NameRules.qualifiedName(of));
      } else {
        errors.forbidden(FieldPath.SPEC, "loadBalancerClass", BALANCERS_ALONE);
      }
    }
    outside(spec, type, errors);
    String inside = Nodes.text(spec, "internalTrafficPolicy");
    if (!inside.isEmpty() && !POLICIES.contains(inside)) {
      errors.unsupported(FieldPath.SPEC, "internalTrafficPolicy", inside, POLICIES);
    }
    String distribution = Nodes.text(spec, "trafficDistribution");
    if (Nodes.set(spec, "trafficDistribution") && !DISTRIBUTIONS.contains(distribution)) {
      errors.unsupported(FieldPath.SPEC, "trafficDistribution", distribution, DISTRIBUTIONS);
    }
  }

  /** The path of the field is upstream's, with its capital. Spaces around a range are allowed. */
  private static void ranges(
      JsonNode service, JsonNode before, boolean balanced, FieldErrors errors) {
    Set<String> known = new HashSet<>();
    before
        .path("spec")
        .path("loadBalancerSourceRanges")
        .forEach(range -> known.add(range.asText().strip()));
    for (String range : text(before).split(",", -1)) {
      known.add(range.strip());
    }
    JsonNode ranges = service.path("spec").path("loadBalancerSourceRanges");
    if (!ranges.isEmpty()) {
      FieldPath at = FieldPath.SPEC.child("LoadBalancerSourceRanges");
      if (!balanced) {
        errors.forbidden(at, "", BALANCERS_ALONE);
      }
      int i = 0;
      for (JsonNode range : ranges) {
        Addresses.network(range.asText().strip(), known, at.index(i++), "", errors);
      }
    } else if (service.path("metadata").path("annotations").has(RANGES)) {
      FieldPath at = FieldPath.METADATA.child("annotations").key(RANGES);
      if (!balanced) {
        errors.forbidden(at, "", BALANCERS_ALONE);
      }
      String all = text(service);
      if (!all.isEmpty()) {
        for (String range : all.split(",", -1)) {
          Addresses.network(range.strip(), known, at, "", errors);
        }
      }
    }
  }

  /** The ranges of the annotation that was there before the field. */
  private static String text(JsonNode service) {
    return service.path("metadata").path("annotations").path(RANGES).asText("").strip();
  }

  private static void outside(JsonNode spec, String type, FieldErrors errors) {
    String policy = Nodes.text(spec, "externalTrafficPolicy");
    boolean balanced = type.equals("LoadBalancer");
    boolean facing =
        balanced
            || type.equals("NodePort")
            || type.equals("ClusterIP") && Nodes.has(spec, "externalIPs");
    if (policy.isEmpty()) {
      if (facing) {
        errors.required(FieldPath.SPEC, "externalTrafficPolicy");
      }
    } else if (!facing) {
      errors.invalid(
          FieldPath.SPEC,
          "externalTrafficPolicy",
          policy,
          "may only be set for externally-accessible services");
    } else if (!POLICIES.contains(policy)) {
      errors.unsupported(FieldPath.SPEC, "externalTrafficPolicy", policy, POLICIES);
    }
    long port = spec.path("healthCheckNodePort").asLong(0);
    if (port == 0) {
      // One that is needed is given out later.
      return;
    }
    if (balanced && policy.equals("Local")) {
      Addresses.port(port, FieldPath.SPEC, "healthCheckNodePort", errors);
    } else {
      errors.invalid(
          FieldPath.SPEC,
          "healthCheckNodePort",
          port,
          "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
    }
  }

  static void checkUpdate(JsonNode spec, JsonNode old, FieldErrors errors) {
    boolean both =
        Nodes.text(spec, "type").equals("LoadBalancer")
            && Nodes.text(old, "type").equals("LoadBalancer");
    if (both && !Nodes.same(spec, old, "loadBalancerClass")) {
      JsonNode of = spec.path("loadBalancerClass");
      errors.invalid(
          FieldPath.SPEC,
          "loadBalancerClass",
          of.isTextual() ? of.asText() : "null",
          "may not change once set");
    }
    boolean checked =
        both
            && Nodes.text(spec, "externalTrafficPolicy").equals("Local")
            && Nodes.text(old, "externalTrafficPolicy").equals("Local");
    long port = spec.path("healthCheckNodePort").asLong(0);
    if (checked && port != 0 && port != old.path("healthCheckNodePort").asLong(0)) {
      errors.forbidden(FieldPath.SPEC, "healthCheckNodePort", "field is immutable");
    }
  }
}
