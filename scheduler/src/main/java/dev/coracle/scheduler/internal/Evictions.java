package dev.coracle.scheduler.internal;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.SerialContext;
import dev.coracle.scheduler.internal.cache.SchedulerCache;
import dev.coracle.scheduler.internal.cycle.Preemption;
import dev.coracle.scheduler.internal.queue.SchedulingQueue;
import dev.coracle.scheduler.spi.PodInfo;
import io.smallrye.mutiny.Uni;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes room for a pod beside the scheduling of others (KEP-4832): the victims get their condition
 * and go, and less important pods that waited for the node are told to look elsewhere. Until all of
 * that is answered the pod is not tried. Owned by the scheduler's context.
 */
final class Evictions {

  private static final Logger LOG = LoggerFactory.getLogger(Evictions.class);

  private final Client client;
  private final SerialContext context;
  private final SchedulerCache cache;
  private final SchedulingQueue queue;
  private final EventRecorder events;
  private final SchedulerMetrics metrics;
  private final String schedulerName;

  Evictions(
      Client client,
      SerialContext context,
      SchedulerCache cache,
      SchedulingQueue queue,
      EventRecorder events,
      SchedulerMetrics metrics,
      String schedulerName) {
    this.client = client;
    this.context = context;
    this.cache = cache;
    this.queue = queue;
    this.events = events;
    this.metrics = metrics;
    this.schedulerName = schedulerName;
  }

  void begin(PodInfo pod, Preemption.Outcome.Victims victims) {
    List<PodInfo> lesser = cache.lesserNominatedTo(victims.node(), pod);
    lesser.forEach(other -> cache.unnominate(other.uid()));
    List<Uni<Boolean>> all =
        java.util.stream.Stream.concat(
                lesser.stream().map(this::denominate),
                victims.pods().stream()
                    .filter(victim -> !victim.pod().isDeleting())
                    .map(victim -> evict(pod, victim.pod(), victims.node())))
            .toList();
    if (all.isEmpty()) {
      return;
    }
    long begun = context.nanoTime();
    queue.hold(pod.uid());
    Uni.join()
        .all(all)
        .andCollectFailures()
        .emitOn(context)
        .subscribe()
        .with(
            done -> ended(pod, done.contains(false), begun),
            _ -> ended(pod, true, begun)); // Each has its failure in the log.
  }

  private void ended(PodInfo pod, boolean failed, long begun) {
    metrics.evicted(failed, context.nanoTime() - begun);
    queue.release(pod.uid(), failed);
  }

  private Uni<Boolean> denominate(PodInfo pod) {
    Patch none = Patch.strategic(tree -> tree.putObject("status").putNull("nominatedNodeName"));
    return outcome(patch(pod.pod(), none), pod.pod());
  }

  private Uni<Boolean> evict(PodInfo pod, KubeObject victim, String node) {
    Patch disrupted =
        Patch.strategic(tree -> {
          var condition = tree.putObject("status").putArray("conditions").addObject();
          condition
              .put("type", "DisruptionTarget")
              .put("status", "True")
              .put("reason", "PreemptionByScheduler")
              .put("message", schedulerName + ": preempting to accommodate a higher priority pod")
              .put("lastTransitionTime", Timestamps.time(context.clock().instant()));
          if (victim.generation() > 0) {
            condition.put("observedGeneration", victim.generation());
          }
        });
    Uni<KubeObject> deleted =
        patch(victim, disrupted)
            .chain(() ->
                client.delete(
                    Resources.PODS,
                    victim.namespace(),
                    victim.name(),
                    DeleteOptions.DEFAULT.ifUid(victim.uid())))
            .invoke(() ->
                events.normal(
                    victim, "Preempted", "Preempted by pod " + pod.uid() + " on node " + node));
    return outcome(deleted, victim);
  }

  private Uni<KubeObject> patch(KubeObject pod, Patch patch) {
    return client.patch(
        Resources.PODS, pod.namespace(), pod.name(), patch, "status", WriteOptions.NONE);
  }

  /** Whether it is done; where the pod has gone, it is. */
  private static Uni<Boolean> outcome(Uni<KubeObject> request, KubeObject about) {
    return request
        .replaceWith(true)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(true)
        .onFailure()
        .invoke(failure ->
            LOG.atWarn()
                .addKeyValue("namespace", about.namespace())
                .addKeyValue("name", about.name())
                .addKeyValue("failure", failure.toString())
                .log("A pod could not be moved out of a more important one's way"))
        .onFailure()
        .recoverWithItem(false);
  }
}
