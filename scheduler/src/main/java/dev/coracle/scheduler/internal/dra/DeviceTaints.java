package dev.coracle.scheduler.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.DeviceSelection;
import dev.coracle.api.selector.Toleration;
import java.util.Collection;
import java.util.List;

/**
 * What keeps claims from devices (KEP-5055): the taints that drivers put on their devices, and
 * those of DeviceTaintRules, which count as if the driver had put them there.
 */
final class DeviceTaints {

  /** A rule without a selector selects no device, and one without such an effect keeps nobody. */
  private record Rule(JsonNode selector, JsonNode taint) {}

  private final List<Rule> rules;

  DeviceTaints(Collection<KubeObject> rules) {
    this.rules =
        rules.stream()
            .map(r -> new Rule(r.at("spec", "deviceSelector"), r.at("spec", "taint")))
            .filter(r -> r.selector.isObject() && keepsAway(r.taint))
            .toList();
  }

  /** Whether a request with these tolerations may have the device. */
  boolean allow(Candidate device, JsonNode tolerations) {
    for (JsonNode taint : device.node().path("taints")) {
      if (keepsAway(taint) && !tolerated(taint, tolerations)) {
        return false;
      }
    }
    for (Rule rule : rules) {
      if (DeviceSelection.matches(rule.selector, device.driver(), device.pool(), device.name())
          && !tolerated(rule.taint, tolerations)) {
        return false;
      }
    }
    return true;
  }

  /** Effects that are not known count as {@code None}. */
  private static boolean keepsAway(JsonNode taint) {
    return switch (taint.path("effect").asText("")) {
      case "NoSchedule", "NoExecute" -> true;
      default -> false;
    };
  }

  private static boolean tolerated(JsonNode taint, JsonNode tolerations) {
    for (JsonNode t : tolerations) {
      if (Toleration.of(t).tolerates(Toleration.Taint.of(taint))) {
        return true;
      }
    }
    return false;
  }
}
