package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** One device of a slice. */
final class DeviceRules {

  /** The fields of attributes that have several values. */
  static final List<String> LISTS = List.of("bools", "ints", "strings", "versions");

  private static final List<String> SINGLE = List.of("bool", "int", "string", "version");
  private static final int MOST_NAMES = 32;
  private static final int MOST_VALUES = 48;
  private static final int LONGEST_VALUE = 64;
  private static final int MOST_CONSUMPTIONS = 2;
  private static final Set<String> ALLOCATABLE = Set.of("cpu", "ephemeral-storage", "memory");
  private static final String NUMBER = "(0|[1-9][0-9]*)";
  private static final String PRE_RELEASE = "(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)";
  private static final String BUILD = "[0-9a-zA-Z-]+";
  private static final Pattern SEMVER =
      Pattern.compile(
          NUMBER
              + ("\\." + NUMBER + "\\." + NUMBER)
              + ("(-" + PRE_RELEASE + "(\\." + PRE_RELEASE + ")*)?")
              + ("(\\+" + BUILD + "(\\." + BUILD + ")*)?"));
  private static final String NEEDS_ONE =
      "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when"
          + " `perDeviceNodeSelection` is set to true in the ResourceSlice spec";

  private DeviceRules() {}

  /**
   * @param old the device of this name before; missing where it is new
   * @param perDevice whether every device of the slice says itself which nodes it is for
   */
  static void check(
      JsonNode device, JsonNode old, boolean perDevice, FieldPath at, FieldErrors errors) {
    DeviceNames.label(Nodes.text(device, "name"), at, "name", errors);
    JsonNode attributes = device.path("attributes");
    JsonNode capacity = device.path("capacity");
    int names = attributes.size() + capacity.size();
    if (names > MOST_NAMES) {
      errors.invalid(
          at,
          "",
          names,
          "the total number of attributes and capacities must not exceed " + MOST_NAMES);
    }
    int values = 0;
    for (JsonNode attribute : attributes) {
      values += values(attribute);
    }
    if (values > MOST_VALUES) {
      errors.invalid(
          at, "", values, "the total number of attribute values must not exceed " + MOST_VALUES);
    }
    DeviceLists.map(
        attributes,
        Integer.MAX_VALUE,
        DeviceNames.LONGEST_QUALIFIED,
        at.child("attributes"),
        errors,
        (name, here, to) -> DeviceNames.qualified(name, here, "", to),
        DeviceRules::attribute);
    if (old.isMissingNode() || !Nodes.same(device, old, "capacity")) {
      boolean shared = device.path("allowMultipleAllocations").asBoolean();
      DeviceLists.map(
          capacity,
          Integer.MAX_VALUE,
          DeviceNames.LONGEST_QUALIFIED,
          at.child("capacity"),
          errors,
          (name, here, to) -> DeviceNames.qualified(name, here, "", to),
          (amount, here, to) -> DeviceCapacityRules.check(amount, shared, here, to));
    }
    if (old.isMissingNode() || !Nodes.same(device, old, "taints")) {
      DeviceLists.list(
          device.path("taints"),
          DeviceTaintRules.MOST_TAINTS,
          at.child("taints"),
          errors,
          DeviceTaintRules::taint);
    }
    DeviceLists.set(
        device.path("consumesCounters"),
        MOST_CONSUMPTIONS,
        at.child("consumesCounters"),
        errors,
        (set, here, to) -> ResourceSliceRules.counters(set, "counterSet", here, to),
        set -> Nodes.text(set, "counterSet"));
    nodes(device, perDevice, at, errors);
    DeviceConfigRules.bindingConditions(device, at, errors);
    device
        .path("nodeAllocatableResourceMappings")
        .forEachEntry((name, mapping) ->
            mapping(
                name,
                mapping,
                capacity,
                at.child("nodeAllocatableResourceMappings").key(name),
                errors));
  }

  private static int values(JsonNode attribute) {
    int out = 0;
    for (String list : LISTS) {
      out += attribute.path(list).size();
    }
    return Math.max(1, out);
  }

  private static void attribute(JsonNode attribute, FieldPath at, FieldErrors errors) {
    int fields = 0;
    for (String field : SINGLE) {
      if (Nodes.set(attribute, field)) {
        fields++;
        value(field, attribute.path(field), at.child(field), errors);
      }
    }
    for (String field : LISTS) {
      if (Nodes.set(attribute, field)) {
        fields++;
        list(field, attribute.path(field), at.child(field), errors);
      }
    }
    if (fields != 1) {
      errors.invalid(at, "", fields == 0 ? "" : attribute, "exactly one value must be specified");
    }
  }

  private static void list(String field, JsonNode list, FieldPath at, FieldErrors errors) {
    if (list.isEmpty()) {
      errors.invalid(at, "", list, "must not be empty if specified");
    }
    String one = field.substring(0, field.length() - 1);
    int i = 0;
    for (JsonNode item : list) {
      value(one, item, at.index(i++), errors);
    }
  }

  private static void value(String field, JsonNode value, FieldPath at, FieldErrors errors) {
    String text = value.asText("");
    if (field.equals("version") && !SEMVER.matcher(text).matches()) {
      errors.invalid(at, "", text, "must be a string compatible with semver.org spec 2.0.0");
    }
    if ((field.equals("version") || field.equals("string")) && text.length() > LONGEST_VALUE) {
      errors.tooLong(at, "", LONGEST_VALUE);
    }
  }

  private static void nodes(JsonNode device, boolean perDevice, FieldPath at, FieldErrors errors) {
    if (!perDevice) {
      if (Nodes.set(device, "nodeName")
          || Nodes.set(device, "nodeSelector")
          || Nodes.set(device, "allNodes")) {
        errors.invalid(
            at,
            "",
            "null",
            "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection`"
                + " is set to true in the ResourceSlice spec");
      }
      return;
    }
    List<String> set = new ArrayList<>();
    String name = Nodes.text(device, "nodeName");
    if (!name.isEmpty()) {
      set.add("`nodeName`");
      DeviceNames.node(name, at, "nodeName", errors);
    } else if (Nodes.set(device, "nodeName")) {
      errors.invalid(at, "nodeName", "", "must not be empty");
    }
    if (Nodes.set(device, "nodeSelector")) {
      set.add("`nodeSelector`");
      SelectorRules.node(device.path("nodeSelector"), at.child("nodeSelector"), errors);
    }
    if (ResourceSliceRules.setToTrue(device, "allNodes", at, errors)) {
      set.add("`allNodes`");
    }
    if (set.isEmpty()) {
      errors.required(at, "", NEEDS_ONE);
    } else if (set.size() > 1) {
      errors.invalid(at, "", "{" + String.join(", ", set) + "}", NEEDS_ONE);
    }
  }

  /** What of a node's own resources an allocation of the device takes. */
  private static void mapping(
      String name, JsonNode mapping, JsonNode capacity, FieldPath at, FieldErrors errors) {
    if (!ALLOCATABLE.contains(name) && !name.startsWith("hugepages-")) {
      errors.invalid(at, "", name, "must be a node allocatable resource name");
    }
    if (Nodes.set(mapping, "capacityKey")) {
      String key = Nodes.text(mapping, "capacityKey");
      if (key.isEmpty()) {
        errors.invalid(at, "capacityKey", "", "capacityKey must not be an empty string");
      } else if (!capacity.has(key)) {
        errors.notFound(at, "capacityKey", key);
      }
    }
    BigDecimal multiplier = Nodes.quantity(mapping.path("allocationMultiplier"));
    if (multiplier != null && multiplier.signum() <= 0) {
      errors.invalid(
          at,
          "allocationMultiplier",
          mapping.path("allocationMultiplier").asText(""),
          "must be positive");
    }
  }
}
