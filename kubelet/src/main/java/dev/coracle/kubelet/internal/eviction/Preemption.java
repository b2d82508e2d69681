package dev.coracle.kubelet.internal.eviction;

import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;
import dev.coracle.kubelet.internal.sync.SyncLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes room for a critical pod that does not fit on the node (Kubernetes docs, "Guaranteed
 * Scheduling For Critical Add-On Pods"): others are ended for it with their own grace, and fail.
 * The critical pod begins when they have ended. Never blocks.
 */
public final class Preemption {
  private static final Logger LOG = LoggerFactory.getLogger(Preemption.class);
  private static final Verdict PREEMPTED =
      Verdict.disruption(
          "Preempting",
          "Preempted in order to admit critical pod",
          "Pod was preempted by Kubelet to accommodate a critical pod.");

  private final SyncLoop loop;
  private final PodEvents events;
  private final KubeletMetrics metrics;
  private final GraceWatch graces;

  public Preemption(SyncLoop loop, PodEvents events, KubeletMetrics metrics, Timers timers) {
    this.loop = loop;
    this.events = events;
    this.metrics = metrics;
    this.graces = new GraceWatch(events, timers::after);
  }

  /**
   * @param lacks what the node has too little of for it
   * @return why it cannot be taken all the same
   */
  public Optional<Verdict> makeRoom(PodContext critical, List<Lack> lacks) {
    List<Pod> others =
        loop.pods().stream()
            .map(PodContext::pod)
            .filter(p -> !loop.isEnded(p.uid()) && !loop.isRefused(p.uid()))
            .filter(p -> !p.isTerminalPhase())
            .toList();
    List<Pod> victims;
    try {
      victims = Victims.of(critical.pod(), others, lacks);
    } catch (Victims.NotEnough e) {
      return Optional.of(
          Verdict.rejected(
              "UnexpectedAdmissionError",
              "Unexpected error while attempting to recover from admission failure: preemption:"
                  + " error finding a set of pods to preempt: "
                  + e.getMessage()));
    }
    List<CompletableFuture<Void>> ends = new ArrayList<>();
    for (Pod victim : victims) {
      CompletableFuture<Void> ended = loop.ended(victim.uid());
      ends.add(ended);
      if (loop.isEnding(victim.uid())) {
        continue; // For another critical pod, or for a reason of its own: it is only waited for.
      }
      LOG.atWarn()
          .addKeyValue("pod", victim.key())
          .addKeyValue("for", critical.pod().key())
          .log("Ending a pod to make room for a critical one");
      events.warning(victim, PREEMPTED.reason(), PREEMPTED.message());
      loop.evict(victim.uid(), PREEMPTED, OptionalLong.empty());
      graces.watch(victim, victim.gracePeriodSeconds(), ended);
      metrics.preempted(lacks.getFirst().resource());
    }
    critical.startAfter(CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)));
    return Optional.empty();
  }
}
