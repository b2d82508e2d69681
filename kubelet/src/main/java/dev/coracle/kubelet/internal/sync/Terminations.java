package dev.coracle.kubelet.internal.sync;

import dev.coracle.kubelet.internal.metrics.StartMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerState;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;

/**
 * Counts containers that have ended since their pod was looked at before. What had ended before
 * this kubelet began was counted by another one.
 */
public record Terminations(SyncLoop loop, StartMetrics metrics) implements RuntimeCache.Listener {

  @Override
  public void read(String uid, PodRuntimeStatus before, PodRuntimeStatus now) {
    for (ContainerState container : now.containers()) {
      if (hasEnded(container)
          && before.byId(container.id()).filter(was -> !hasEnded(was)).isPresent()) {
        loop.pod(uid)
            .map(PodContext::pod)
            .flatMap((Pod pod) -> pod.container(container.name()))
            .ifPresent(spec -> metrics.terminated(spec, container.exitCode()));
      }
    }
  }

  private static boolean hasEnded(ContainerState container) {
    return container.state() == ContainerState.State.EXITED;
  }
}
