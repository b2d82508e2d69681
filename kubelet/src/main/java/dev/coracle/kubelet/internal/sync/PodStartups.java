package dev.coracle.kubelet.internal.sync;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Timestamps;
import dev.coracle.kubelet.internal.metrics.PodMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerState;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.internal.runtime.PodStartup;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Measures how long pods take to start, from their creation to the version of the API that shows
 * all of their containers running for the first time (the Pod startup latency SLI). Pods that had
 * begun before this kubelet came are left out. Never blocks.
 */
public final class PodStartups {
  /** Volumes that take no time of others; a pod with any other is stateful for the SLI. */
  private static final Set<String> STATELESS =
      Set.of("secret", "configMap", "downwardAPI", "emptyDir");

  private final RuntimeCache cache;
  private final PodMetrics metrics;
  private final Clock clock;

  public PodStartups(RuntimeCache cache, PodMetrics metrics, Clock clock) {
    this.cache = cache;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** A newer version of a pod, as the API has it. */
  public void observed(PodContext context, Pod pod) {
    Optional<PodStartup> startup = context.startup();
    if (startup.isEmpty()) {
      return;
    }
    if (pod.isTerminalPhase()) {
      context.startupOver();
      return;
    }
    Instant created = Timestamps.parse(pod.object().text("metadata", "creationTimestamp"));
    if (created == null || !allRun(pod)) {
      return;
    }
    context.startupOver();
    Duration total = Duration.between(created, clock.instant());
    Duration own = total.minus(startup.get().pulls()).minus(initContainers(pod));
    metrics.started(
        total, isStateful(pod) ? Optional.empty() : Optional.of(own), !pod.hostNetwork());
  }

  private static boolean allRun(Pod pod) {
    JsonNode statuses = pod.status().path("containerStatuses");
    for (JsonNode status : statuses) {
      if (!status.path("state").path("running").path("startedAt").isTextual()) {
        return false;
      }
    }
    return !statuses.isEmpty();
  }

  private Duration initContainers(Pod pod) {
    long nanos = 0;
    PodRuntimeStatus status = cache.last(pod.uid()).orElse(PodRuntimeStatus.NOTHING);
    for (ContainerSpec container : pod.initContainers()) {
      for (ContainerState run : status.containers()) {
        if (run.name().equals(container.name()) && run.isExited() && run.startedAt() > 0) {
          nanos += run.finishedAt() - run.startedAt();
        }
      }
    }
    return Duration.ofNanos(nanos);
  }

  private static boolean isStateful(Pod pod) {
    for (JsonNode volume : pod.spec().path("volumes")) {
      if (STATELESS.stream().noneMatch(volume::has)) {
        return true;
      }
    }
    return false;
  }
}
