package dev.coracle.kubelet.internal.sync;

import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.runtime.ContainerState;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodResources;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import io.micrometer.core.instrument.Tags;
import java.util.Locale;
import java.util.function.Predicate;

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
    for (String reason : new String[] {"Deferred", "Infeasible"}) {
      metrics.gauge(
          "kubelet_pod_pending_resizes",
          "Number of pending resizes for pods",
          Tags.of("reason", reason.toLowerCase(Locale.ROOT)),
          () -> count(loop, r -> r.pending().filter(p -> p.reason().equals(reason)).isPresent()));
    }
    metrics.gauge(
        "kubelet_pod_in_progress_resizes",
        "Number of in-progress resizes for pods",
        () -> count(loop, PodResources::inProgress));
  }

  private static long count(SyncLoop loop, Predicate<PodResources> which) {
    return loop.pods().stream().map(PodContext::resources).filter(which).count();
  }
}
