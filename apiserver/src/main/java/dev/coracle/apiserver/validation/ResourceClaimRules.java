package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.internal.registry.DeviceConversions;

/**
 * Claims of devices, their templates and their classes. Objects of any version are looked at with
 * the fields of v1, and so their errors name those.
 */
final class ResourceClaimRules {

  private ResourceClaimRules() {}

  /** A claim: its spec never changes, so only a new one's is looked at. */
  static final class Claim implements KindRules {
    @Override
    public void check(ObjectNode claim, FieldErrors errors) {}

    @Override
    public void checkCreate(ObjectNode claim, FieldErrors errors) {
      DeviceRequestRules.spec(DeviceConversions.nested(claim).path("spec"), FieldPath.SPEC, errors);
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      immutable(now, before, errors);
    }

    @Override
    public void checkSubresource(
        String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
      if (subresource.equals("status")) {
        ResourceClaimStatusRules.check(DeviceConversions.nested(now), before, errors);
      }
    }
  }

  /** A template, which never changes either. */
  static final class Template implements KindRules {
    @Override
    public void check(ObjectNode template, FieldErrors errors) {}

    @Override
    public void checkCreate(ObjectNode template, FieldErrors errors) {
      JsonNode spec = DeviceConversions.nested(template).path("spec");
      JsonNode meta = spec.path("metadata");
      FieldPath at = FieldPath.SPEC.child("metadata");
      MetaRules.labels(meta.path("labels"), at, "labels", errors);
      MetaRules.annotations(meta.path("annotations"), at, errors);
      DeviceRequestRules.spec(spec.path("spec"), FieldPath.SPEC.child("spec"), errors);
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      immutable(now, before, errors);
    }
  }

  private static void immutable(ObjectNode now, JsonNode before, FieldErrors errors) {
    MetaRules.immutable(
        DeviceConversions.nested(now),
        DeviceConversions.nested(before),
        FieldPath.ROOT,
        "spec",
        errors);
  }

  /** A class. What stays as it was is not compiled or measured again. */
  static final class DeviceClass implements KindRules {
    @Override
    public void check(ObjectNode object, FieldErrors errors) {
      JsonNode spec = object.path("spec");
      if (Nodes.set(spec, "extendedResourceName")) {
        String name = Nodes.text(spec, "extendedResourceName");
        if (!isExtended(name)) {
          errors.invalid(
              FieldPath.SPEC,
              "extendedResourceName",
              name,
              "must be a valid extended resource name");
        }
      }
    }

    @Override
    public void checkCreate(ObjectNode object, FieldErrors errors) {
      spec(object.path("spec"), false, false, errors);
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      JsonNode spec = now.path("spec");
      JsonNode old = before.path("spec");
      spec(spec, Nodes.same(spec, old, "selectors"), Nodes.same(spec, old, "config"), errors);
    }

    private static void spec(
        JsonNode spec, boolean sameSelectors, boolean sameConfig, FieldErrors errors) {
      DeviceRequestRules.selectors(
          spec.path("selectors"), sameSelectors, FieldPath.SPEC.child("selectors"), errors);
      DeviceLists.list(
          spec.path("config"),
          DeviceConfigRules.MOST,
          FieldPath.SPEC.child("config"),
          errors,
          (config, at, to) -> DeviceConfigRules.config(config, sameConfig, at, to));
    }

    private static boolean isExtended(String name) {
      return name.indexOf('/') >= 0
          && !name.contains("kubernetes.io/")
          && !name.startsWith("requests.")
          && NameRules.qualifiedName("requests." + name).isEmpty();
    }
  }
}
