package dev.coracle.kubelet.internal.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import org.junit.jupiter.api.Test;

/** What a status patch says, knowing that lists with keys are merged. */
class StatusPatchTest {
  private static ObjectNode patch(String before, String now) {
    return StatusManager.difference(Json.parse(before), (ObjectNode) Json.parse(now));
  }

  @Test
  void namesOnlyWhatChanged() {
    assertThat(
            patch(
                "{\"phase\":\"Pending\",\"qosClass\":\"Burstable\"}",
                "{\"phase\":\"Running\",\"qosClass\":\"Burstable\"}"))
        .isEqualTo(Json.parse("{\"phase\":\"Running\"}"));
    assertThat(patch("{\"phase\":\"Running\"}", "{\"phase\":\"Running\"}")).isEmpty();
  }

  @Test
  void takesAwayWhatIsNoMore() {
    assertThat(patch("{\"reason\":\"Evicted\",\"phase\":\"x\"}", "{\"phase\":\"x\"}"))
        .isEqualTo(Json.parse("{\"reason\":null}"));
    assertThat(
            patch(
                "{\"podIP\":\"10.0.0.1\",\"podIPs\":[{\"ip\":\"10.0.0.1\"}]}",
                "{\"podIP\":\"10.0.0.2\",\"podIPs\":[{\"ip\":\"10.0.0.2\"}]}"))
        .isEqualTo(
            Json.parse(
                "{\"podIP\":\"10.0.0.2\",\"podIPs\":[{\"ip\":\"10.0.0.2\"},{\"$patch\":\"delete\",\"ip\":\"10.0.0.1\"}]}"));
  }

  @Test
  void aConditionThatBecomesTrueLosesItsReason() {
    assertThat(
            patch(
                "{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"ContainersNotReady\",\"message\":\"m\"},{\"type\":\"Other\",\"status\":\"True\"}]}",
                "{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}"))
        .isEqualTo(
            Json.parse(
                "{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":null,\"message\":null}]}"));
  }
}
