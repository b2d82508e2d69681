package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.registry.DeviceConversions;
import java.util.ArrayList;
import java.util.List;

/**
 * What drivers publish: a part of a pool of devices, or the counters that its devices share. A
 * slice of any version is looked at with the fields of v1, and so its errors name those.
 */
final class ResourceSliceRules implements KindRules {

  private static final int MOST_DEVICES = 128;

  /** Where a device has taints, consumes counters or has lists for attributes. */
  private static final int MOST_ADVANCED_DEVICES = 64;

  private static final int MOST_COUNTER_SETS = 8;
  private static final int MOST_COUNTERS = 32;
  private static final int LABEL = 63;
  private static final String ONE_OF =
      "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";

  @Override
  public void check(ObjectNode slice, FieldErrors errors) {}

  @Override
  public void checkCreate(ObjectNode slice, FieldErrors errors) {
    JsonNode spec = DeviceConversions.nested(slice).path("spec");
    names(spec, errors);
    contents(spec, Json.object(), errors);
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode spec = DeviceConversions.nested(now).path("spec");
    JsonNode old = DeviceConversions.nested(before).path("spec");
    names(spec, errors);
    MetaRules.immutable(
        spec.path("pool"), old.path("pool"), FieldPath.SPEC.child("pool"), "name", errors);
    MetaRules.immutable(spec, old, FieldPath.SPEC, "driver", errors);
    MetaRules.immutable(spec, old, FieldPath.SPEC, "nodeName", errors);
    contents(spec, old, errors);
  }

  private static void names(JsonNode spec, FieldErrors errors) {
    DeviceNames.driver(Nodes.text(spec, "driver"), FieldPath.SPEC, "driver", errors);
    pool(spec.path("pool"), FieldPath.SPEC.child("pool"), errors);
  }

  private static void contents(JsonNode spec, JsonNode old, FieldErrors errors) {
    nodes(spec, errors);
    if (Nodes.set(spec, "sharedCounters") && Nodes.set(spec, "devices")) {
      errors.invalid(
          FieldPath.SPEC, "", "", "only one of `sharedCounters` or `devices` is allowed");
    }
    JsonNode devices = spec.path("devices");
    boolean perDevice = spec.path("perDeviceNodeSelection").asBoolean();
    DeviceLists.set(
        devices,
        isAdvanced(devices) ? MOST_ADVANCED_DEVICES : MOST_DEVICES,
        FieldPath.SPEC.child("devices"),
        errors,
        (device, at, to) ->
            DeviceRules.check(
                device, named(old.path("devices"), Nodes.text(device, "name")), perDevice, at, to),
        device -> Nodes.text(device, "name"));
    DeviceLists.set(
        spec.path("sharedCounters"),
        MOST_COUNTER_SETS,
        FieldPath.SPEC.child("sharedCounters"),
        errors,
        (set, at, to) -> counters(set, "name", at, to),
        set -> Nodes.text(set, "name"));
  }

  private static void pool(JsonNode pool, FieldPath at, FieldErrors errors) {
    DeviceNames.pool(Nodes.text(pool, "name"), at, "name", errors);
    long count = pool.path("resourceSliceCount").asLong();
    if (count <= 0) {
      errors.invalid(at, "resourceSliceCount", count, "must be greater than zero");
    }
    long generation = pool.path("generation").asLong();
    if (generation < 0) {
      errors.invalid(at, "generation", generation, "must be greater than or equal to zero");
    }
  }

  private static void nodes(JsonNode spec, FieldErrors errors) {
    List<String> set = new ArrayList<>();
    String name = Nodes.text(spec, "nodeName");
    if (!name.isEmpty()) {
      set.add("`nodeName`");
      DeviceNames.node(name, FieldPath.SPEC, "nodeName", errors);
    } else if (Nodes.set(spec, "nodeName")) {
      errors.invalid(
          FieldPath.SPEC, "nodeName", "", "must be either unset or set to a non-empty string");
    }
    if (Nodes.set(spec, "nodeSelector")) {
      set.add("`nodeSelector`");
      FieldPath at = FieldPath.SPEC.child("nodeSelector");
      SelectorRules.node(spec.path("nodeSelector"), at, errors);
      JsonNode terms = spec.path("nodeSelector").path("nodeSelectorTerms");
      if (terms.size() != 1) {
        errors.invalid(
            at,
            "nodeSelectorTerms",
            terms.isMissingNode() ? Nodes.NULL : terms,
            "must have exactly one node selector term");
      }
    }
    for (String field : new String[] {"allNodes", "perDeviceNodeSelection"}) {
      if (setToTrue(spec, field, FieldPath.SPEC, errors)) {
        set.add("`" + field + "`");
      }
    }
    if (set.isEmpty()) {
      errors.required(FieldPath.SPEC, "", ONE_OF);
    } else if (set.size() > 1) {
      errors.invalid(
          FieldPath.SPEC,
          "",
          "{" + String.join(", ", set) + "}",
          ONE_OF + ", but multiple fields are set");
    }
  }

  static boolean setToTrue(JsonNode of, String field, FieldPath at, FieldErrors errors) {
    if (!Nodes.set(of, field)) {
      return false;
    }
    boolean value = of.path(field).asBoolean();
    if (!value) {
      errors.invalid(at, field, false, "must be either unset or set to true");
    }
    return value;
  }

  private static boolean isAdvanced(JsonNode devices) {
    for (JsonNode device : devices) {
      if (Nodes.has(device, "taints") || Nodes.has(device, "consumesCounters")) {
        return true;
      }
      for (JsonNode attribute : device.path("attributes")) {
        for (String list : DeviceRules.LISTS) {
          if (Nodes.set(attribute, list)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static JsonNode named(JsonNode devices, String name) {
    for (JsonNode device : devices) {
      if (Nodes.text(device, "name").equals(name)) {
        return device;
      }
    }
    return Json.NODES.missingNode();
  }

  /**
   * A set of counters that devices share, or what one device consumes of it.
   *
   * @param name the field with the name of the set
   */
  static void counters(JsonNode set, String name, FieldPath at, FieldErrors errors) {
    String text = Nodes.text(set, name);
    if (text.isEmpty()) {
      errors.required(at, name);
    } else {
      DeviceNames.label(text, at, name, errors);
    }
    if (!Nodes.has(set, "counters")) {
      errors.required(at, "counters");
    }
    DeviceLists.map(
        set.path("counters"),
        MOST_COUNTERS,
        LABEL,
        at.child("counters"),
        errors,
        (key, here, to) -> DeviceNames.label(key, here, "", to),
        (counter, here, to) -> {});
  }
}
