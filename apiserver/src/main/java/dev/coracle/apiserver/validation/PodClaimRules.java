package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/** Which claims of devices a Pod has, and which of them its containers use (KEP-4381). */
final class PodClaimRules {

  private PodClaimRules() {}

  /** The names of the claims, for the containers to refer to. */
  static Set<String> names(JsonNode spec) {
    Set<String> names = new TreeSet<>();
    spec.path("resourceClaims").forEach(claim -> names.add(Nodes.text(claim, "name")));
    names.remove("");
    return names;
  }

  static void check(JsonNode claims, FieldPath path, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode claim : claims) {
      claim(claim, path.index(i++), seen, errors);
    }
  }

  private static void claim(JsonNode claim, FieldPath at, Set<String> seen, FieldErrors errors) {
    String name = Nodes.text(claim, "name");
    if (name.isEmpty()) {
      errors.required(at, "name");
    } else if (seen.add(name)) {
      errors.invalid(at, "name", name, NameRules.dnsLabel(name));
    } else {
      errors.duplicate(at, "name", name);
    }
    boolean direct = Nodes.set(claim, "resourceClaimName");
    boolean made = Nodes.set(claim, "resourceClaimTemplateName");
    if (direct && made) {
      errors.invalid(
          at,
          "",
          shown(claim),
          "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
    }
    if (!direct && !made) {
      errors.invalid(
          at,
          "",
          shown(claim),
          "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
    }
    for (String field : new String[] {"resourceClaimName", "resourceClaimTemplateName"}) {
      if (Nodes.set(claim, field)) {
        String of = Nodes.text(claim, field);
        errors.invalid(at, field, of, NameRules.dnsSubdomain(of));
      }
    }
  }

  private static ObjectNode shown(JsonNode claim) {
    return Nodes.shown(claim, "name", "resourceClaimName", "resourceClaimTemplateName");
  }

  /**
   * @param claims those of a container
   * @param ofPod the names of its Pod's
   */
  static void used(JsonNode claims, Set<String> ofPod, FieldPath path, FieldErrors errors) {
    Set<String> used = new HashSet<>();
    int i = 0;
    for (JsonNode claim : claims) {
      FieldPath at = path.index(i++);
      String name = Nodes.text(claim, "name");
      if (name.isEmpty()) {
        errors.required(at, "");
        continue;
      }
      use(name, Nodes.text(claim, "request"), used, at, errors);
      if (!ofPod.contains(name)) {
        errors.notFound(
            at,
            "",
            name,
            "must be one of the names in pod.spec.resourceClaims"
                + (ofPod.isEmpty() ? " which is empty" : ": " + String.join(", ", ofPod)));
      }
    }
  }

  /** All requests of a claim are used by its name alone, or each one once. */
  private static void use(
      String name, String request, Set<String> used, FieldPath at, FieldErrors errors) {
    if (used.contains(name)) {
      errors.duplicate(at, "", name);
      return;
    }
    if (!request.isEmpty()) {
      errors.invalid(at, "request", request, NameRules.dnsLabel(request));
    }
    String key = request.isEmpty() ? name : name + "/" + request;
    if (!used.add(key)) {
      errors.duplicate(at, "", key);
    } else if (request.isEmpty()) {
      used.stream()
          .filter(other -> other.startsWith(name + "/"))
          .forEach(other -> errors.duplicate(at, "", name));
    }
  }
}
