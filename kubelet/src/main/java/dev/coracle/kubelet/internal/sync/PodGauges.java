package dev.coracle.kubelet.internal.sync;

import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.runtime.ContainerState;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;

/** How many pods a node has, as the metrics show it. */
public final class PodGauges {
  private PodGauges() {}

  public static void register(KubeletMetrics metrics, RuntimeCache cache, SyncLoop loop) {
    metrics.gauge(
        "kubelet_running_pods",
        "Number of pods that have a running pod sandbox",
        () -> cache.count(s -> s.readySandbox().isPresent() ? 1 : 0));
    metrics.gauge(
        "kubelet_running_containers",
        "Number of containers currently running",
        () ->
            cache.count(
                s -> (int) s.containers().stream().filter(ContainerState::isRunning).count()));
    metrics.gauge(
        "kubelet_desired_pods",
        "The number of pods the kubelet is being instructed to run",
        () -> loop.pods().size());
  }
}
