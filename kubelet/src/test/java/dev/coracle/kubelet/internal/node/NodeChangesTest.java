package dev.coracle.kubelet.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NodeChangesTest {
  private final List<String> told = new ArrayList<>();
  private final NodeChanges changes =
      new NodeChanges(
          "n1", (type, reason, message) -> told.add(type + " " + reason + ": " + message));

  private static JsonNode status(String ready, String disk, String boot) {
    return Json.parse(
        """
        {"conditions":[{"type":"DiskPressure","status":"%s"},{"type":"Ready","status":"%s"}],
         "nodeInfo":{"bootID":"%s"}}
        """
            .formatted(disk, ready, boot));
  }

  @Test
  void aNewNodeIsNotSaidToHaveBecomeReady() {
    changes.status(Json.object(), status("True", "False", "b1"));
    assertThat(told)
        .containsExactly(
            "Normal NodeHasNoDiskPressure: Node n1 status is now: NodeHasNoDiskPressure");
  }

  @Test
  void whatStaysIsNotTold() {
    changes.status(status("True", "False", "b1"), status("True", "False", "b1"));
    assertThat(told).isEmpty();
  }

  @Test
  void aNodeThatComesBackFromABootSaysSo() {
    changes.status(status("Unknown", "Unknown", "b1"), status("True", "False", "b2"));
    assertThat(told)
        .containsExactly(
            "Normal NodeHasNoDiskPressure: Node n1 status is now: NodeHasNoDiskPressure",
            "Normal NodeReady: Node n1 status is now: NodeReady",
            "Warning Rebooted: Node n1 has been rebooted, boot id: b2");
  }

  @Test
  void aNodeThatCannotRunPodsSaysSo() {
    changes.status(status("True", "False", "b1"), status("False", "True", "b1"));
    assertThat(told)
        .containsExactly(
            "Normal NodeHasDiskPressure: Node n1 status is now: NodeHasDiskPressure",
            "Normal NodeNotReady: Node n1 status is now: NodeNotReady");
  }
}
