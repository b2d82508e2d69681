package dev.coracle.kubelet.internal.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.PatchType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What of a Node's status is sent, and when. Pure. */
final class NodeStatusPatch {
  private NodeStatusPatch() {}

  /**
   * @param shown the status that the API has
   * @param mine the extended resources that device plugins of this node offer
   */
  static Patch of(ObjectNode status, JsonNode shown, Set<String> mine) {
    ObjectNode sent = status.deepCopy();
    // Addresses are merged by type, of which a node of both families has one twice.
    sent.withArrayProperty("addresses").addObject().put("$patch", "replace");
    leaveToOthers(sent, shown, mine);
    ObjectNode body = Json.object();
    body.set("status", sent);
    return new Patch(PatchType.STRATEGIC_MERGE, body, false);
  }

  /**
   * The capacity of a resource that no device plugin offers is for others to write, and what they
   * took back is no longer allocatable.
   */
  private static void leaveToOthers(ObjectNode sent, JsonNode shown, Set<String> mine) {
    ObjectNode capacity = sent.withObjectProperty("capacity");
    ObjectNode allocatable = sent.withObjectProperty("allocatable");
    List<String> theirs = new ArrayList<>();
    capacity
        .fieldNames()
        .forEachRemaining(resource -> {
          if (NodeStatus.isExtended(resource) && !mine.contains(resource)) {
            theirs.add(resource);
          }
        });
    capacity.remove(theirs);
    shown
        .path("allocatable")
        .fieldNames()
        .forEachRemaining(resource -> {
          if (NodeStatus.isExtended(resource) && !allocatable.has(resource)) {
            allocatable.putNull(resource);
          }
        });
  }

  /**
   * Whether the newest Node that was heard of has another word for a condition than was written.
   * Not only asked of a Node that was just told of: changes are taken in side by side, and a later
   * one of the spec alone, such as the taint of a lost node, may have been first.
   */
  static boolean isOverruled(JsonNode written, JsonNode shown) {
    for (JsonNode mine : written.path("conditions")) {
      for (JsonNode condition : shown.path("conditions")) {
        if (condition.path("type").equals(mine.path("type"))
            && !condition.path("status").equals(mine.path("status"))) {
          return true;
        }
      }
    }
    return false;
  }

  /** But for the times of heartbeats. */
  static boolean isSame(ObjectNode one, ObjectNode other) {
    return withoutHeartbeat(one).equals(withoutHeartbeat(other));
  }

  private static ObjectNode withoutHeartbeat(ObjectNode status) {
    ObjectNode copy = status.deepCopy();
    for (JsonNode c : copy.path("conditions")) {
      ((ObjectNode) c).remove("lastHeartbeatTime");
    }
    return copy;
  }
}
