package dev.coracle.apiserver.internal.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.net.IpFamily;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which families of addresses a Service has (KEP-563): fills in {@code ipFamilyPolicy} and {@code
 * ipFamilies} where they were left out, and refuses what the cluster has no range for. What the
 * fields may hold by themselves has been checked before.
 */
final class ServiceFamilies {

  private static final String POLICY = "ipFamilyPolicy";
  private static final String FAMILIES = "ipFamilies";
  private static final String IPS = "clusterIPs";
  private static final String SINGLE = "SingleStack";
  private static final String PREFER = "PreferDualStack";
  private static final String REQUIRE = "RequireDualStack";

  private final List<IpFamily> configured;

  /**
   * @param configured those the cluster has ranges of, the default one first
   */
  ServiceFamilies(List<IpFamily> configured) {
    this.configured = List.copyOf(configured);
  }

  /** Changes {@code spec} in place, unless there are errors in the end. */
  void fill(ObjectNode spec, @Nullable KubeObject before, FieldErrors errors) {
    JsonNode old = before == null ? spec.objectNode() : before.at("spec");
    if (isExternal(spec) || before != null && isLeftAsItWas(spec, old)) {
      return;
    }
    boolean free = isHeadless(spec) && spec.path("selector").isEmpty();
    if (policy(spec).isEmpty()) {
      String kept = policy(old);
      spec.put(POLICY, !kept.isEmpty() ? kept : free ? REQUIRE : SINGLE);
    }
    if (before != null) {
      reduce(spec, old, errors);
    }
    checkCounts(spec, errors);
    List<String> families = infer(spec, errors);
    if (!errors.isEmpty()) {
      return;
    }
    // Endpoints of these are written by whoever made them, and need no range of the cluster.
    if (!free) {
      checkConfigured(spec, families, errors);
      if (!errors.isEmpty()) {
        return;
      }
    }
    if (families.isEmpty()) {
      families.add(configured.getFirst().name());
    }
    boolean second = !policy(spec).equals(SINGLE) && (free || configured.size() == 2);
    if (families.size() == 1 && second) {
      IpFamily.named(families.getFirst()).ifPresent(f -> families.add(f.other().name()));
    }
    ArrayNode list = spec.putArray(FAMILIES);
    families.forEach(list::add);
  }

  /**
   * A Service that prefers two families gets or loses none because the cluster did: only when it is
   * asked for.
   */
  private static boolean isLeftAsItWas(JsonNode spec, JsonNode old) {
    String kept = policy(old);
    return policy(spec).equals(PREFER)
        && (kept.isEmpty() || kept.equals(PREFER))
        && spec.path("type").equals(old.path("type"))
        && same(spec, old, IPS)
        && same(spec, old, FAMILIES);
  }

  /** One family less is a wish that the policy has to say. */
  private static void reduce(ObjectNode spec, JsonNode old, FieldErrors errors) {
    if (policy(spec).equals(SINGLE)) {
      for (String field : new String[] {IPS, FAMILIES}) {
        JsonNode list = spec.path(field);
        if (list.size() > 1 && same(spec, old, field)) {
          // A new list: the Service before may hold this one too.
          spec.putArray(field).add(list.path(0));
        }
      }
      return;
    }
    if (isReduced(spec, old, IPS)) {
      refuse(spec, "must be 'SingleStack' to release the secondary cluster IP", errors);
    }
    if (isReduced(spec, old, FAMILIES)) {
      refuse(spec, "must be 'SingleStack' to release the secondary IP family", errors);
    }
  }

  private static boolean isReduced(JsonNode spec, JsonNode old, String field) {
    return !spec.path(field).isEmpty() && spec.path(field).size() < old.path(field).size();
  }

  private static void checkCounts(JsonNode spec, FieldErrors errors) {
    if (!policy(spec).equals(SINGLE)) {
      return;
    }
    String either = "must be 'RequireDualStack' or 'PreferDualStack' when multiple ";
    if (spec.path(IPS).size() == 2) {
      refuse(spec, either + "cluster IPs are specified", errors);
    }
    if (spec.path(FAMILIES).size() == 2) {
      refuse(spec, either + "IP families are specified", errors);
    }
  }

  /** Those that were given, and those of addresses that were. */
  private List<String> infer(JsonNode spec, FieldErrors errors) {
    List<String> families = new ArrayList<>();
    spec.path(FAMILIES).forEach(f -> families.add(f.asText("")));
    int i = 0;
    for (JsonNode ip : spec.path(IPS)) {
      if (ip.asText("").equals("None")) {
        break;
      }
      IpFamily family = IpFamily.of(ip.asText(""));
      if (i >= families.size()) {
        if (configured.contains(family)) {
          families.add(family.name());
        } else {
          errors.invalid(
              FieldPath.SPEC.child(IPS).index(i),
              "",
              spec.path(IPS),
              family.name() + " is not configured on this cluster");
        }
      }
      i++;
    }
    return families;
  }

  private void checkConfigured(JsonNode spec, List<String> families, FieldErrors errors) {
    if (policy(spec).equals(REQUIRE) && configured.size() < 2) {
      refuse(spec, "this cluster is not configured for dual-stack services", errors);
    }
    int i = 0;
    for (String family : families) {
      if (IpFamily.named(family).filter(configured::contains).isEmpty()) {
        errors.invalid(
            FieldPath.SPEC.child(FAMILIES).index(i), "", family, "not configured on this cluster");
      }
      i++;
    }
  }

  private static void refuse(JsonNode spec, String why, FieldErrors errors) {
    errors.invalid(FieldPath.SPEC, POLICY, policy(spec), why);
  }

  static boolean isExternal(JsonNode spec) {
    return spec.path("type").asText("").equals("ExternalName");
  }

  static boolean isHeadless(JsonNode spec) {
    return spec.path("clusterIP").asText("").equals("None");
  }

  private static String policy(JsonNode spec) {
    return spec.path(POLICY).asText("");
  }

  /** Lists that are not there count as empty. */
  private static boolean same(JsonNode a, JsonNode b, String list) {
    return a.path(list).isEmpty() ? b.path(list).isEmpty() : a.path(list).equals(b.path(list));
  }
}
