package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.AddressText;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.Set;

/** What the scheduler and the drivers write into a claim. */
final class ResourceClaimStatusRules {

  private static final int MOST_CONSUMERS = 256;
  private static final int MOST_RESULTS = 32;
  private static final int MOST_CONDITIONS = 8;
  private static final int MOST_IPS = 16;
  private static final int LONGEST_INTERFACE = 256;
  private static final int LONGEST_HARDWARE_ADDRESS = 128;
  private static final Set<String> SOURCES = Set.of("FromClaim", "FromClass");

  private ResourceClaimStatusRules() {}

  /**
   * @param claim with the fields of v1
   */
  static void check(JsonNode claim, JsonNode before, FieldErrors errors) {
    JsonNode status = claim.path("status");
    JsonNode old = before.path("status");
    reservedFor(claim, status, old, errors);
    Set<DeviceNames.Id> allocated = new HashSet<>();
    for (JsonNode r : status.path("allocation").path("devices").path("results")) {
      allocated.add(DeviceNames.Id.of(r));
    }
    DeviceLists.set(
        status.path("devices"),
        Integer.MAX_VALUE,
        FieldPath.STATUS.child("devices"),
        errors,
        (device, at, to) -> device(device, allocated, at, to),
        DeviceNames.Id::of);
    if (Nodes.set(status, "allocation")) {
      if (Nodes.set(old, "allocation")) {
        MetaRules.immutable(status, old, FieldPath.STATUS, "allocation", errors);
      } else {
        allocation(
            status.path("allocation"),
            DeviceRequestRules.Names.of(claim.path("spec")),
            FieldPath.STATUS.child("allocation"),
            errors);
      }
    }
  }

  private static void reservedFor(
      JsonNode claim, JsonNode status, JsonNode old, FieldErrors errors) {
    JsonNode consumers = status.path("reservedFor");
    DeviceLists.set(
        consumers,
        MOST_CONSUMERS,
        FieldPath.STATUS.child("reservedFor"),
        errors,
        (consumer, at, to) -> {
          for (String field : new String[] {"resource", "name", "uid"}) {
            if (Nodes.text(consumer, field).isEmpty()) {
              to.required(at, field);
            }
          }
        },
        consumer -> Nodes.text(consumer, "uid"));
    if (consumers.isEmpty()) {
      return;
    }
    if (!Nodes.set(status, "allocation")) {
      errors.forbidden(
          FieldPath.STATUS, "reservedFor", "may not be specified when `allocated` is not set");
    } else if (claim.path("metadata").hasNonNull("deletionTimestamp")) {
      Set<JsonNode> known = new HashSet<>();
      old.path("reservedFor").forEach(known::add);
      for (JsonNode consumer : consumers) {
        if (!known.contains(consumer)) {
          errors.forbidden(
              FieldPath.STATUS,
              "reservedFor",
              "new entries may not be added while `deallocationRequested` or `deletionTimestamp`"
                  + " are set");
          return;
        }
      }
    }
  }

  private static void allocation(
      JsonNode allocation, DeviceRequestRules.Names names, FieldPath path, FieldErrors errors) {
    JsonNode devices = allocation.path("devices");
    FieldPath at = path.child("devices");
    DeviceLists.list(
        devices.path("results"),
        MOST_RESULTS,
        at.child("results"),
        errors,
        (result, here, to) -> {
          names.reference(Nodes.text(result, "request"), here, "request", to);
          DeviceNames.id(result, here, to);
          DeviceConfigRules.bindingConditions(result, here, to);
          DeviceTaintRules.tolerations(result.path("tolerations"), here.child("tolerations"), to);
        });
    DeviceLists.list(
        devices.path("config"),
        2 * DeviceConfigRules.MOST,
        at.child("config"),
        errors,
        (config, here, to) -> {
          PodSpecRules.choice(config, "source", SOURCES, here, to);
          names.references(config.path("requests"), here.child("requests"), to);
          DeviceConfigRules.config(config, false, here, to);
        });
    if (Nodes.set(allocation, "nodeSelector")) {
      SelectorRules.node(allocation.path("nodeSelector"), path.child("nodeSelector"), errors);
    }
  }

  private static void device(
      JsonNode device, Set<DeviceNames.Id> allocated, FieldPath at, FieldErrors errors) {
    DeviceNames.id(device, at, errors);
    DeviceNames.Id id = DeviceNames.Id.of(device);
    if (!allocated.contains(id)) {
      errors.invalid(at, "", id, "must be an allocated device in the claim");
    }
    JsonNode conditions = device.path("conditions");
    if (conditions.size() > MOST_CONDITIONS) {
      errors.tooMany(at, "conditions", conditions.size(), MOST_CONDITIONS);
    }
    ConditionRules.check(conditions, at.child("conditions"), errors);
    if (device.has("data")) {
      DeviceConfigRules.raw(device.path("data"), false, at.child("data"), errors);
    }
    network(device.path("networkData"), at.child("networkData"), errors);
  }

  private static void network(JsonNode data, FieldPath at, FieldErrors errors) {
    if (Nodes.text(data, "interfaceName").length() > LONGEST_INTERFACE) {
      errors.tooLong(at, "interfaceName", LONGEST_INTERFACE);
    }
    if (Nodes.text(data, "hardwareAddress").length() > LONGEST_HARDWARE_ADDRESS) {
      errors.tooLong(at, "hardwareAddress", LONGEST_HARDWARE_ADDRESS);
    }
    DeviceLists.texts(
        data.path("ips"), MOST_IPS, at.child("ips"), errors, ResourceClaimStatusRules::address);
  }

  /** An address with the length of its network, written in the one form. */
  private static void address(String text, FieldPath at, FieldErrors errors) {
    if (!Addresses.isCidr(text)) {
      errors.invalid(
          at,
          "",
          text,
          "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)");
      return;
    }
    int slash = text.indexOf('/');
    InetAddress ip = InetAddress.ofLiteral(text.substring(0, slash));
    String canonical = AddressText.canonical(ip.getAddress()) + text.substring(slash);
    if (!canonical.equals(text)) {
      errors.invalid(at, "", text, "must be in canonical form (\"" + canonical + "\")");
    }
  }
}
