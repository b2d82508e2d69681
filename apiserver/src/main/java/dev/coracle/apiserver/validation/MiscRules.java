package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Small kinds with a rule or two. */
final class MiscRules {

  private MiscRules() {}

  static final class PriorityClass implements KindRules {
    private static final long HIGHEST_USER = 1_000_000_000L;
    private static final Map<String, Integer> SYSTEM =
        Map.of("system-cluster-critical", 2_000_000_000, "system-node-critical", 2_000_001_000);
    private static final List<String> POLICIES = List.of("PreemptLowerPriority", "Never");

    @Override
    public void check(ObjectNode c, FieldErrors errors) {
      String name = c.path("metadata").path("name").asText("");
      if (name.startsWith("system-")) {
        String wrong = system(name, c);
        if (!wrong.isEmpty()) {
          errors.forbidden(
              FieldPath.METADATA,
              "name",
              "priority class names with 'system-' prefix are reserved for system use only. error: "
                  + wrong);
        }
      } else if (c.path("value").asLong(0) > HIGHEST_USER) {
        errors.forbidden(
            FieldPath.ROOT,
            "value",
            "maximum allowed value of a user defined priority is " + HIGHEST_USER);
      }
      String policy = Nodes.text(c, "preemptionPolicy");
      if (!policy.isEmpty() && !POLICIES.contains(policy)) {
        errors.unsupported(FieldPath.ROOT, "preemptionPolicy", policy, POLICIES);
      }
    }

    /** What is wrong with a class of that name; empty where it is one that every cluster has. */
    private static String system(String name, ObjectNode c) {
      Integer value = SYSTEM.get(name);
      if (value == null) {
        return name + " is not a known system priority class";
      }
      if (c.path("value").asInt(0) != value) {
        return "value of " + name + " PriorityClass must be " + value;
      }
      return c.path("globalDefault").asBoolean()
          ? "globalDefault of " + name + " PriorityClass must be false"
          : "";
    }

    /** What a class is may not change, so it is not looked at again. */
    @Override
    public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
      checkUpdate(now, before, errors);
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      if (now.path("value").asLong(0) != before.path("value").asLong(0)) {
        errors.forbidden(FieldPath.ROOT, "value", "may not be changed in an update.");
      }
      MetaRules.immutable(now, before, FieldPath.ROOT, "preemptionPolicy", errors);
    }
  }

  static final class IpAddress implements KindRules {
    @Override
    public List<String> name(String name) {
      return Addresses.canonicalIp(name);
    }

    @Override
    public void check(ObjectNode address, FieldErrors errors) {
      JsonNode parent = address.path("spec").path("parentRef");
      if (!parent.isObject()) {
        errors.required(FieldPath.SPEC, "parentRef");
        return;
      }
      FieldPath at = FieldPath.SPEC.child("parentRef");
      String group = Nodes.text(parent, "group");
      if (!group.isEmpty()) {
        errors.invalid(at, "group", group, NameRules.dnsSubdomain(group));
      }
      for (String field : new String[] {"resource", "name", "namespace"}) {
        String text = Nodes.text(parent, field);
        if (!text.isEmpty()) {
          errors.invalid(at, field, text, NameRules.pathSegment(text));
        } else if (!field.equals("namespace")) {
          errors.required(at, field);
        }
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(
          now.path("spec"), before.path("spec"), FieldPath.SPEC, "parentRef", errors);
    }
  }

  static final class ServiceCidr implements KindRules {
    @Override
    public void check(ObjectNode range, FieldErrors errors) {
      JsonNode spec = range.path("spec");
      JsonNode cidrs = spec.path("cidrs");
      if (cidrs.isEmpty()) {
        errors.required(FieldPath.SPEC, "cidrs", "at least one CIDR required");
      } else if (cidrs.size() > 2) {
        errors.invalid(FieldPath.SPEC, "cidrs", spec, "may only hold up to 2 values");
      } else if (cidrs.size() == 2 && !dual(cidrs)) {
        errors.invalid(
            FieldPath.SPEC,
            "cidrs",
            spec,
            "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and"
                + " 2001:db8::/64");
      } else {
        int i = 0;
        for (JsonNode cidr : cidrs) {
          Addresses.canonicalNetwork(
              cidr.asText(), FieldPath.SPEC.child("cidrs").index(i++), errors);
        }
      }
    }

    /** One of each family, and both readable. */
    private static boolean dual(JsonNode cidrs) {
      String first = cidrs.path(0).asText();
      String second = cidrs.path(1).asText();
      return Addresses.isCidr(first)
          && Addresses.isCidr(second)
          && first.indexOf(':') < 0 != second.indexOf(':') < 0;
    }

    /** Nothing may change, but a second family may be added. */
    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      JsonNode cidrs = now.path("spec").path("cidrs");
      JsonNode old = before.path("spec").path("cidrs");
      if (cidrs.size() != old.size() && !(old.size() == 1 && cidrs.size() == 2)) {
        errors.invalid(FieldPath.SPEC, "cidrs", cidrs, "field is immutable");
        return;
      }
      for (int i = 0; i < old.size(); i++) {
        if (!cidrs.path(i).equals(old.path(i))) {
          errors.invalid(
              FieldPath.SPEC.child("cidrs").index(i),
              "",
              cidrs.path(i).asText(),
              "field is immutable");
        }
      }
    }
  }

  static final class RuntimeClass implements KindRules {
    @Override
    public void check(ObjectNode c, FieldErrors errors) {
      String handler = Nodes.text(c, "handler");
      errors.invalid(FieldPath.ROOT, "handler", handler, NameRules.dnsLabel(handler));
      ResourceRules.limits(
          c.path("overhead").path("podFixed"), FieldPath.ROOT.child("overhead"), errors);
      JsonNode scheduling = c.path("scheduling");
      MetaRules.labels(
          scheduling.path("nodeSelector"),
          FieldPath.ROOT.child("scheduling"),
          "nodeSelector",
          errors);
      tolerations(scheduling.path("tolerations"), errors);
    }

    /** The path of what is wrong with one of them is upstream's, with its doubling. */
    private static void tolerations(JsonNode tolerations, FieldErrors errors) {
      FieldPath path = FieldPath.ROOT.child("scheduling", "tolerations");
      PodSpecRules.tolerations(tolerations, path.child("tolerations"), errors);
      Set<List<String>> seen = new HashSet<>();
      int i = 0;
      for (JsonNode toleration : tolerations) {
        FieldPath at = path.index(i++);
        List<String> key =
            Stream.of("key", "operator", "value", "effect")
                .map(field -> Nodes.text(toleration, field))
                .toList();
        if (!seen.add(key)) {
          ObjectNode shown =
              Json.object()
                  .put("Key", key.get(0))
                  .put("Operator", key.get(1))
                  .put("Value", key.get(2))
                  .put("Effect", key.get(3));
          JsonNode seconds = toleration.path("tolerationSeconds");
          shown.set("TolerationSeconds", seconds.isMissingNode() ? Nodes.NULL : seconds);
          errors.duplicate(at, "", shown);
        }
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(now, before, FieldPath.ROOT, "handler", errors);
    }
  }
}
