package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The addresses of a Service and their families, as far as no cluster is needed to judge them
 * (KEP-563). What is left out is filled in after these rules, so it is no error here.
 */
final class ServiceFamilyRules {

  private static final String IPS = "clusterIPs";
  private static final String FAMILIES = "ipFamilies";
  private static final List<String> KNOWN = List.of("IPv4", "IPv6");
  private static final List<String> POLICIES =
      List.of("PreferDualStack", "RequireDualStack", "SingleStack");

  private ServiceFamilyRules() {}

  static void check(JsonNode spec, FieldErrors errors) {
    if (isExternal(spec)) {
      return;
    }
    JsonNode ips = spec.path(IPS);
    String one = Nodes.text(spec, "clusterIP");
    if (one.isEmpty() && !ips.isEmpty()) {
      errors.invalid(FieldPath.SPEC, IPS, ips, "must be empty when `clusterIP` is not specified");
    } else if (!ips.isEmpty() && !ips.path(0).asText("").equals(one)) {
      errors.invalid(FieldPath.SPEC, IPS, ips, "first value must match `clusterIP`");
    }
    families(spec, errors);
    String policy = Nodes.text(spec, "ipFamilyPolicy");
    if (Nodes.set(spec, "ipFamilyPolicy") && !POLICIES.contains(policy)) {
      errors.unsupported(FieldPath.SPEC, "ipFamilyPolicy", policy, POLICIES);
    }
    if (addresses(ips, errors)) {
      if (ips.size() > 1 && !isDual(ips)) {
        errors.invalid(
            FieldPath.SPEC, IPS, ips, "may specify no more than one IP for each IP family");
      }
      match(spec, errors);
    }
  }

  private static void families(JsonNode spec, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode family : spec.path(FAMILIES)) {
      FieldPath at = FieldPath.SPEC.child(FAMILIES).index(i++);
      String text = family.asText("");
      if (!KNOWN.contains(text)) {
        errors.unsupported(at, "", text, KNOWN);
      }
      if (!seen.add(text)) {
        errors.duplicate(at, "", text);
      }
    }
  }

  /** Whether each of them can be read. */
  private static boolean addresses(JsonNode ips, FieldErrors errors) {
    boolean readable = true;
    int i = 0;
    for (JsonNode ip : ips) {
      String text = ip.asText("");
      if (i == 0 && text.equals("None")) {
        if (ips.size() > 1) {
          readable = false;
          errors.invalid(FieldPath.SPEC, IPS, ips, "'None' must be the first and only value");
        }
      } else {
        readable &= Addresses.isIp(text);
        Addresses.ip(text, FieldPath.SPEC.child(IPS).index(i), "", errors);
      }
      i++;
    }
    if (ips.size() > 2) {
      errors.invalid(FieldPath.SPEC, IPS, ips, "may only hold up to 2 values");
    }
    return readable;
  }

  private static boolean isDual(JsonNode ips) {
    int six = 0;
    for (JsonNode ip : ips) {
      six += isSix(ip) ? 1 : 0;
    }
    return six > 0 && six < ips.size();
  }

  private static void match(JsonNode spec, FieldErrors errors) {
    JsonNode ips = spec.path(IPS);
    if (isHeadless(spec)) {
      return;
    }
    for (int i = 0; i < ips.size() && i < spec.path(FAMILIES).size(); i++) {
      String family = spec.path(FAMILIES).path(i).asText("");
      if (KNOWN.contains(family) && isSix(ips.path(i)) != family.equals("IPv6")) {
        errors.invalid(
            FieldPath.SPEC.child(IPS).index(i),
            "",
            ips.path(i),
            "expected an " + family + " value as indicated by `ipFamilies[" + i + "]`");
      }
    }
  }

  static void checkUpdate(JsonNode spec, JsonNode old, FieldErrors errors) {
    if (isExternal(spec) || isExternal(old) || isHeadless(spec) && isHeadless(old)) {
      return;
    }
    JsonNode ips = spec.path(IPS);
    JsonNode were = old.path(IPS);
    FieldPath first = FieldPath.SPEC.child(IPS).index(0);
    if (ips.size() == were.size()) {
      for (int i = 0; i < were.size(); i++) {
        if (!ips.path(i).equals(were.path(i))) {
          errors.invalid(FieldPath.SPEC.child(IPS).index(i), "", ips, "may not change once set");
        }
      }
    } else if (ips.isEmpty()) {
      errors.invalid(first, "", Nodes.NULL, "primary clusterIP can not be unset");
    } else if (!were.isEmpty() && !ips.path(0).equals(were.path(0))) {
      errors.invalid(first, "", ips, "may not change once set");
    }
    if (isHeadless(spec) == isHeadless(old)) {
      families(spec, old, errors);
    }
  }

  /** Upstream's messages of one that is not the same show the addresses, but for as many. */
  private static void families(JsonNode spec, JsonNode old, FieldErrors errors) {
    JsonNode families = spec.path(FAMILIES);
    JsonNode before = old.path(FAMILIES);
    FieldPath first = FieldPath.SPEC.child(FAMILIES).index(0);
    if (families.size() == before.size()) {
      for (int i = 0; i < before.size(); i++) {
        if (!families.path(i).equals(before.path(i))) {
          errors.invalid(first, "", families, "may not change once set");
        }
      }
      return;
    }
    if (before.size() > families.size() && spec.path(IPS).isEmpty()) {
      errors.invalid(
          first,
          "",
          families.isEmpty() ? Nodes.NULL : families,
          "primary ipFamily can not be unset");
    }
    if (!before.isEmpty() && !families.isEmpty() && !families.path(0).equals(before.path(0))) {
      errors.invalid(first, "", spec.path(IPS), "may not change once set");
    }
  }

  private static boolean isSix(JsonNode ip) {
    return ip.asText("").indexOf(':') >= 0;
  }

  private static boolean isExternal(JsonNode spec) {
    return Nodes.text(spec, "type").equals("ExternalName");
  }

  private static boolean isHeadless(JsonNode spec) {
    return spec.path(IPS).size() == 1 && spec.path(IPS).path(0).asText("").equals("None");
  }
}
