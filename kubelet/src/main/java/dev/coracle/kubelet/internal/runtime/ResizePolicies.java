package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;

/**
 * Whether a running container is started anew to get what it was promised: where its resizePolicy
 * says so of a resource whose request or limit changes (KEP-1287). A limit that it has of the pod
 * as a whole, having none of its own, is a limit of the container; the pod's requests are not
 * (KEP-5419, which has no policy of the pod's).
 */
final class ResizePolicies {
  private ResizePolicies() {}

  /** Whether a change of this resource restarts the container. */
  static boolean restartsFor(ContainerSpec container, String resource) {
    for (JsonNode policy : container.node().path("resizePolicy")) {
      if (policy.path("resourceName").asText("").equals(resource)) {
        return policy.path("restartPolicy").asText("").equals("RestartContainer");
      }
    }
    return false;
  }

  static boolean wantRestart(
      Pod pod, ContainerSpec container, String containerId, PodResources resources) {
    JsonNode has = resources.of(containerId, container);
    JsonNode inherits = resources.inherited(containerId, pod, container);
    JsonNode next = Allocation.inherited(pod, container);
    for (JsonNode policy : container.node().path("resizePolicy")) {
      String name = policy.path("resourceName").asText("");
      boolean changes =
          !has.path("requests").path(name).equals(container.requests().path(name))
              || !has.path("limits").path(name).equals(container.limits().path(name))
              || !inherits.path(name).equals(next.path(name));
      if (changes && policy.path("restartPolicy").asText("").equals("RestartContainer")) {
        return true;
      }
    }
    return false;
  }
}
