package dev.coracle.scheduler.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A device of a ResourceSlice.
 *
 * @param node the device's own part of the slice
 * @param where what says on which nodes it is: the slice's spec, or the device
 */
record Candidate(String driver, String pool, JsonNode node, JsonNode where) {

  String name() {
    return node.path("name").asText("");
  }

  /** Of all devices of the cluster. */
  String id() {
    return driver + "/" + pool + "/" + name();
  }

  /** Whether it may be given to several, each with a share of its capacity. */
  boolean isShared() {
    return node.path("allowMultipleAllocations").asBoolean(false);
  }

  /** Whether a pod must wait until the device is ready for it (KEP-5007). */
  boolean isAwaited() {
    return !node.path("bindingConditions").isEmpty();
  }

  /** An attribute by its full name; missing where the device does not have it. */
  JsonNode attribute(String name) {
    JsonNode own = node.path("attributes").path(name);
    if (!own.isMissingNode() || !name.startsWith(driver + "/")) {
      return own;
    }
    return node.path("attributes").path(name.substring(driver.length() + 1));
  }
}
