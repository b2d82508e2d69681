package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.List;
import java.util.Map;

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

  /** The name begins with the signer's, its slash written as a colon, where there is one. */
  static final class TrustBundle implements KindRules {
    @Override
    public List<String> name(String name) {
      return List.of();
    }

    @Override
    public void check(ObjectNode bundle, FieldErrors errors) {
      JsonNode spec = bundle.path("spec");
      String signer = Nodes.text(spec, "signerName");
      String name = Nodes.text(bundle.path("metadata"), "name");
      if (!name.isEmpty()) {
        errors.invalid(FieldPath.METADATA, "name", name, SignerRules.bundleName(name, signer));
      }
      if (!signer.isEmpty()) {
        SignerRules.check(signer, FieldPath.SPEC, errors);
      }
      if (Nodes.text(spec, "trustBundle").isEmpty()) {
        errors.required(FieldPath.SPEC, "trustBundle");
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(
          now.path("spec"), before.path("spec"), FieldPath.SPEC, "signerName", errors);
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
      PodSpecRules.tolerations(
          scheduling.path("tolerations"),
          FieldPath.ROOT.child("scheduling", "tolerations"),
          errors);
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(now, before, FieldPath.ROOT, "handler", errors);
    }
  }

  static final class SigningRequest implements KindRules {
    @Override
    public List<String> name(String name) {
      return NameRules.pathSegment(name);
    }

    @Override
    public void check(ObjectNode csr, FieldErrors errors) {
      JsonNode spec = csr.path("spec");
      if (!Nodes.has(spec, "usages")) {
        errors.required(FieldPath.SPEC, "usages");
      }
      SignerRules.check(Nodes.text(spec, "signerName"), FieldPath.SPEC, errors);
      if (!Nodes.has(spec, "request")) {
        errors.required(FieldPath.SPEC, "request");
      }
      if (Nodes.set(spec, "expirationSeconds") && spec.path("expirationSeconds").asInt() < 600) {
        errors.invalid(
            FieldPath.SPEC,
            "expirationSeconds",
            spec.path("expirationSeconds").asInt(),
            "may not specify a duration less than 600 seconds (10 minutes)");
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(now, before, FieldPath.ROOT, "spec", errors);
    }
  }

  static final class ApiService implements KindRules {
    @Override
    public void check(ObjectNode service, FieldErrors errors) {
      JsonNode spec = service.path("spec");
      String group = Nodes.text(spec, "group");
      String version = Nodes.text(spec, "version");
      String name = service.path("metadata").path("name").asText("");
      if (version.isEmpty()) {
        errors.required(FieldPath.SPEC, "version");
      }
      if (!name.equals(version + "." + group)) {
        errors.invalid(
            FieldPath.METADATA,
            "name",
            name,
            "must be `spec.version+\".\"+spec.group`: \"" + version + "." + group + "\"");
      }
      for (String field : new String[] {"groupPriorityMinimum", "versionPriority"}) {
        int value = spec.path(field).asInt(0);
        int max = field.equals("versionPriority") ? 1000 : 20000;
        if (value <= 0 || value > max) {
          errors.invalid(FieldPath.SPEC, field, value, "must be positive and less than " + max);
        }
      }
      if (Nodes.set(spec, "service")) {
        for (String field : new String[] {"namespace", "name"}) {
          if (Nodes.text(spec.path("service"), field).isEmpty()) {
            errors.required(FieldPath.SPEC.child("service"), field);
          }
        }
        if (spec.path("insecureSkipTLSVerify").asBoolean() && Nodes.has(spec, "caBundle")) {
          errors.invalid(
              FieldPath.SPEC,
              "insecureSkipTLSVerify",
              true,
              "may not be true if caBundle is present");
        }
      }
    }
  }
}
