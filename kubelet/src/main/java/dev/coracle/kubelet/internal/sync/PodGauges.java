package dev.coracle.kubelet.internal.sync;

import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerState;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodResources;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import io.micrometer.core.instrument.Tags;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** How many pods a node has, as the metrics show it. */
public final class PodGauges {
  private PodGauges() {}

  public static void register(KubeletMetrics metrics, RuntimeCache cache, SyncLoop loop) {
    workers(metrics, cache, loop);
    metrics.gauge(
        "kubelet_running_pods",
        "Number of pods that have a running pod sandbox",
        () -> cache.count(s -> s.readySandbox().isPresent() ? 1 : 0));
    for (ContainerState.State state : ContainerState.State.values()) {
      metrics.gauge(
          "kubelet_running_containers",
          "Number of containers currently running",
          Tags.of("container_state", state.name().toLowerCase(Locale.ROOT)),
          () -> cache.count(s -> inState(s, state)));
    }
    for (boolean isStatic : new boolean[] {false, true}) {
      Tags tags = Tags.of("static", isStatic ? "true" : "");
      metrics.gauge(
          "kubelet_desired_pods",
          "The number of pods the kubelet is being instructed to run. static is true if the pod is"
              + " not from the apiserver.",
          tags,
          () -> pods(loop, p -> p.isStatic() == isStatic));
      metrics.gauge(
          "kubelet_active_pods",
          "The number of pods the kubelet considers active and which are being considered when"
              + " admitting new pods. static is true if the pod is not from the apiserver.",
          tags,
          () -> pods(loop, p -> p.isStatic() == isStatic && !hasEnded(p)));
    }
    metrics.gauge("kubelet_node_name", "The node's name. The count is always 1.", () -> 1);
    metrics.gauge(
        "kubelet_mirror_pods",
        "The number of mirror pods the kubelet will try to create",
        () -> pods(loop, Pod::isStatic));
    metrics.gauge(
        "kubelet_managed_ephemeral_containers",
        "Current number of ephemeral containers in pods managed by this kubelet",
        () ->
            loop.pods().stream()
                .mapToLong(p -> p.pod().spec().path("ephemeralContainers").size())
                .sum());
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

  /** How far each pod is, and whether anything still wants it. */
  private static void workers(KubeletMetrics metrics, RuntimeCache cache, SyncLoop loop) {
    for (SyncLoop.Lifecycle at : SyncLoop.Lifecycle.values()) {
      for (boolean isStatic : new boolean[] {false, true}) {
        String kind = isStatic ? "true" : "";
        working(metrics, at, "desired", kind, () -> loop.count(at, isStatic, false));
        working(metrics, at, "orphan", kind, () -> loop.count(at, isStatic, true));
      }
      boolean ends = at == SyncLoop.Lifecycle.TERMINATING;
      working(metrics, at, "runtime_only", "unknown", () -> ends ? unknown(cache, loop) : 0);
    }
  }

  private static void working(
      KubeletMetrics metrics,
      SyncLoop.Lifecycle at,
      String config,
      String isStatic,
      Supplier<Number> count) {
    metrics.gauge(
        "kubelet_working_pods",
        "Number of pods the kubelet is actually running, broken down by lifecycle phase, whether"
            + " the pod is desired, orphaned, or runtime only (also orphaned), and whether the pod"
            + " is static. An orphaned pod has been removed from local configuration or force"
            + " deleted in the API and consumes resources that are not otherwise visible.",
        Tags.of(
            "lifecycle", at.name().toLowerCase(Locale.ROOT), "config", config, "static", isStatic),
        count);
  }

  /** Pods that run though no source has them. */
  private static long unknown(RuntimeCache cache, SyncLoop loop) {
    return cache.uids().stream()
        .filter(uid -> loop.pod(uid).isEmpty())
        .filter(uid -> cache.last(uid).filter(PodRuntimeStatus::anythingRunning).isPresent())
        .count();
  }

  private static int inState(PodRuntimeStatus status, ContainerState.State state) {
    return (int) status.containers().stream().filter(c -> c.state() == state).count();
  }

  private static boolean hasEnded(Pod pod) {
    return pod.phase().equals("Succeeded") || pod.phase().equals("Failed");
  }

  private static long pods(SyncLoop loop, Predicate<Pod> which) {
    return loop.pods().stream().map(PodContext::pod).filter(which).count();
  }

  private static long count(SyncLoop loop, Predicate<PodResources> which) {
    return loop.pods().stream().map(PodContext::resources).filter(which).count();
  }
}
