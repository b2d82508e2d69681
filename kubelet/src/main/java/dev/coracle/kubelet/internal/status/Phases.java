package dev.coracle.kubelet.internal.status;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.RestartRules;

/** A pod's phase from its containers' states (Kubernetes docs, "Pod phase"). */
final class Phases {
  private Phases() {}

  /**
   * @param ending the pod is ended for good: nothing will be restarted
   * @param initialized an ordinary container was started already, so that nobody waits for sidecars
   */
  static String of(
      Pod pod, JsonNode initStatuses, JsonNode statuses, boolean ending, boolean initialized) {
    int pendingInit = 0;
    boolean failedInit = false;
    for (ContainerSpec c : pod.initContainers()) {
      JsonNode s = find(initStatuses, c.name());
      JsonNode state = s.path("state");
      if (c.isSidecar()) {
        if (!initialized && !s.path("started").asBoolean(false)) {
          pendingInit++;
        }
        continue;
      }
      if (state.hasNonNull("terminated")) {
        int code = state.path("terminated").path("exitCode").asInt();
        failedInit |= code != 0 && !RestartRules.restarts(pod, c, code);
        if (code != 0) {
          pendingInit++;
        }
      } else if (state.hasNonNull("waiting")
          && s.path("lastState").path("terminated").path("exitCode").asInt(0) != 0) {
        failedInit |=
            !RestartRules.restarts(
                pod, c, s.path("lastState").path("terminated").path("exitCode").asInt());
        pendingInit++;
      } else {
        pendingInit++;
      }
    }
    if (failedInit) {
      return "Failed";
    }
    int unknown = 0;
    int running = 0;
    int waiting = 0;
    int stopped = 0;
    int succeeded = 0;
    boolean restartable = false;
    for (ContainerSpec c : pod.containers()) {
      JsonNode s = find(statuses, c.name());
      JsonNode state = s.path("state");
      if (state.hasNonNull("running")) {
        running++;
      } else if (state.hasNonNull("terminated")) {
        int code = state.path("terminated").path("exitCode").asInt();
        stopped++;
        succeeded += code == 0 ? 1 : 0;
        restartable |= RestartRules.restarts(pod, c, code);
      } else if (state.has("waiting")) {
        JsonNode last = s.path("lastState").path("terminated");
        if (last.isObject()) {
          stopped++;
          restartable |= RestartRules.restarts(pod, c, last.path("exitCode").asInt());
        } else {
          waiting++;
        }
      } else {
        unknown++;
      }
    }
    if (pendingInit > 0) {
      return "Pending"; // Also when it is initialized once more, for another sandbox.
    }
    if (waiting > 0) {
      return "Pending";
    }
    if (running > 0 && unknown == 0) {
      return "Running";
    }
    if (running == 0 && stopped > 0 && unknown == 0) {
      if (ending) {
        return stopped == succeeded ? "Succeeded" : "Failed";
      }
      if (restartable) {
        return "Running";
      }
      return stopped == succeeded ? "Succeeded" : "Failed";
    }
    return "Pending";
  }

  static JsonNode find(JsonNode statuses, String name) {
    for (JsonNode s : statuses) {
      if (s.path("name").asText("").equals(name)) {
        return s;
      }
    }
    return com.fasterxml.jackson.databind.node.MissingNode.getInstance();
  }
}
