package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.registry.ResourceType.Conversion;
import java.util.List;
import java.util.function.Consumer;

/**
 * The versions of resource.k8s.io. v1beta2 and v1 have the same fields. v1beta1 has those of {@code
 * exactly} in the request itself, and those of a device under {@code basic}; in its slices an empty
 * nodeName and a false allNodes count as unset.
 */
public final class DeviceConversions {

  private static final String FLAT = "v1beta1";
  private static final List<String> OF_EXACTLY =
      List.of(
          "deviceClassName",
          "selectors",
          "allocationMode",
          "count",
          "adminAccess",
          "tolerations",
          "capacity");

  private DeviceConversions() {}

  static ObjectNode convert(ObjectNode object, GroupVersionKind from, GroupVersionKind to) {
    ObjectNode out = Conversion.RENAME.convert(object, from, to);
    if (from.version().equals(to.version())) {
      return out;
    }
    if (from.version().equals(FLAT)) {
      return Conversions.settled(nest(out.deepCopy()), to);
    }
    return to.version().equals(FLAT) ? Conversions.settled(flatten(out.deepCopy()), to) : out;
  }

  /** The object with the fields of v1; the very same where it has them already. */
  public static JsonNode nested(JsonNode object) {
    return object instanceof ObjectNode o && o.path("apiVersion").asText("").endsWith("/" + FLAT)
        ? nest(o.deepCopy())
        : object;
  }

  /**
   * What was stored, by whatever version of this server: v1 with the fields of v1. The tree given
   * stays as it is.
   */
  public static ObjectNode stored(ObjectNode object) {
    return nest(object.deepCopy()).put("apiVersion", "resource.k8s.io/v1");
  }

  private static ObjectNode nest(ObjectNode object) {
    each(requests(object), DeviceConversions::nestRequest);
    if (object.path("spec") instanceof ObjectNode spec
        && object.path("kind").asText("").equals("ResourceSlice")) {
      if (spec.path("nodeName").asText("").isEmpty()) {
        spec.remove("nodeName");
      }
      if (!spec.path("allNodes").asBoolean()) {
        spec.remove("allNodes");
      }
      each(
          spec.path("devices"),
          device -> {
            if (device.remove("basic") instanceof ObjectNode basic) {
              device.setAll(basic);
            }
          });
    }
    return object;
  }

  private static void nestRequest(ObjectNode request) {
    ObjectNode exactly = Json.object();
    for (String field : OF_EXACTLY) {
      JsonNode value = request.remove(field);
      if (value != null && !value.isNull() && !value.asText("-").isEmpty()) {
        exactly.set(field, value);
      }
    }
    if (!exactly.isEmpty()) {
      request.set("exactly", exactly);
    }
  }

  private static ObjectNode flatten(ObjectNode object) {
    each(
        requests(object),
        request -> {
          if (request.remove("exactly") instanceof ObjectNode exactly) {
            request.setAll(exactly);
          }
        });
    if (object.path("kind").asText("").equals("ResourceSlice")) {
      each(
          object.path("spec").path("devices"),
          device -> {
            ObjectNode basic = Json.object();
            basic.setAll(device);
            basic.remove("name");
            device.retain("name");
            device.set("basic", basic);
          });
    }
    return object;
  }

  /** Of a claim, or of the claim in a template. */
  private static JsonNode requests(ObjectNode object) {
    JsonNode spec = object.path("spec");
    return switch (object.path("kind").asText("")) {
      case "ResourceClaim" -> spec.path("devices").path("requests");
      case "ResourceClaimTemplate" -> spec.path("spec").path("devices").path("requests");
      default -> Json.NODES.missingNode();
    };
  }

  private static void each(JsonNode list, Consumer<ObjectNode> change) {
    for (JsonNode item : list) {
      if (item instanceof ObjectNode o) {
        change.accept(o);
      }
    }
  }
}
