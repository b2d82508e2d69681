package dev.coracle.kubelet.internal.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.List;

/**
 * The containers of a pod that has ended of which nobody can say how they ended: they were never
 * started, or the runtime has lost them. They count as failed, so that the pod's phase is a last
 * one.
 */
final class LostContainers {
  private LostContainers() {}

  /** Says so in their statuses; init containers that were never reached stay as they are. */
  static void mark(Pod pod, JsonNode initStatuses, JsonNode statuses) {
    if (isInitialized(pod, initStatuses, statuses)) {
      statuses.forEach(LostContainers::lost);
    }
    int reached = 0;
    for (int i = 0; i < initStatuses.size(); i++) {
      JsonNode s = initStatuses.get(i);
      if (hasRun(s) || s.path("started").asBoolean(false)) {
        reached = i + 1;
      }
    }
    for (int i = 0; i < reached; i++) {
      lost(initStatuses.get(i));
    }
  }

  private static boolean isInitialized(Pod pod, JsonNode initStatuses, JsonNode statuses) {
    List<ContainerSpec> init = pod.initContainers();
    if (init.isEmpty()) {
      return true;
    }
    for (JsonNode s : statuses) {
      if (hasRun(s)) {
        return true;
      }
    }
    JsonNode last = initStatuses.path(init.size() - 1);
    return init.getLast().isSidecar()
        ? last.path("started").asBoolean(false)
        : last.path("state").path("terminated").path("exitCode").asInt(-1) == 0;
  }

  private static boolean hasRun(JsonNode status) {
    return status.path("state").hasNonNull("running")
        || status.path("state").hasNonNull("terminated")
        || status.path("lastState").hasNonNull("terminated");
  }

  private static void lost(JsonNode status) {
    if (status.path("state").hasNonNull("terminated") || !(status instanceof ObjectNode node)) {
      return;
    }
    node.putObject("state")
        .putObject("terminated")
        .put("exitCode", 137)
        .put("reason", "ContainerStatusUnknown")
        .put("message", "The container could not be located when the pod was terminated")
        .putNull("startedAt")
        .putNull("finishedAt");
  }
}
