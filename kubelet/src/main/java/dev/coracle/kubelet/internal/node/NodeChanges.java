package dev.coracle.kubelet.internal.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.event.NodeEvents;
import java.util.Map;

/** Tells by events, in upstream's words, what has changed about the Node. */
final class NodeChanges {

  private record Reasons(String yes, String no) {
    String of(String status) {
      return status.equals("True") ? yes : no;
    }
  }

  private static final Map<String, Reasons> PRESSURES =
      Map.of(
          "MemoryPressure", new Reasons("NodeHasInsufficientMemory", "NodeHasSufficientMemory"),
          "DiskPressure", new Reasons("NodeHasDiskPressure", "NodeHasNoDiskPressure"),
          "PIDPressure", new Reasons("NodeHasInsufficientPID", "NodeHasSufficientPID"));
  private static final Reasons READY = new Reasons("NodeReady", "NodeNotReady");

  private final String name;
  private final NodeEvents events;
  private boolean closed;

  NodeChanges(String name, NodeEvents events) {
    this.name = name;
    this.events = events;
  }

  void started() {
    events.normal("Starting", "Starting kubelet.");
  }

  /**
   * Tells of the conditions whose status is another one, of pressures also when they are told for
   * the first time, and of a boot.
   */
  void status(JsonNode before, JsonNode now) {
    for (JsonNode condition : now.path("conditions")) {
      String type = condition.path("type").asText();
      String status = condition.path("status").asText();
      String old = status(before, type);
      Reasons pressure = PRESSURES.get(type);
      if (old.equals(status)) {
        continue;
      }
      if (pressure != null) {
        is(pressure.of(status));
      } else if (type.equals("Ready") && !old.isEmpty()) {
        is(READY.of(status));
      }
    }
    String booted = now.path("nodeInfo").path("bootID").asText("");
    String last = before.path("nodeInfo").path("bootID").asText("");
    if (!last.isEmpty() && !booted.equals(last)) {
      events.warning("Rebooted", "Node " + name + " has been rebooted, boot id: " + booted);
    }
  }

  /** Tells whether pods may be bound to the Node, when that has changed. */
  synchronized void spec(JsonNode now) {
    boolean is = now.path("unschedulable").asBoolean();
    if (is != closed) {
      closed = is;
      is(is ? "NodeNotSchedulable" : "NodeSchedulable");
    }
  }

  private static String status(JsonNode of, String type) {
    for (JsonNode condition : of.path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText();
      }
    }
    return "";
  }

  private void is(String reason) {
    events.normal(reason, "Node " + name + " status is now: " + reason);
  }
}
