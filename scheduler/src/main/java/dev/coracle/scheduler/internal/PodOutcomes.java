package dev.coracle.scheduler.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.SerialContext;
import dev.coracle.scheduler.internal.cache.SchedulerCache;
import dev.coracle.scheduler.internal.cycle.Diagnosis;
import dev.coracle.scheduler.internal.cycle.Preemption;
import dev.coracle.scheduler.spi.PodInfo;
import io.smallrye.mutiny.Uni;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells what became of a pod that got no node: the event, the {@code PodScheduled} condition, the
 * nominated node, and the eviction of the victims. The condition is written only when it changes.
 */
public final class PodOutcomes {

  private static final Logger LOG = LoggerFactory.getLogger(PodOutcomes.class);

  private final Client client;
  private final SerialContext context;
  private final SchedulerCache cache;
  private final EventRecorder events;
  private final SchedulerMetrics metrics;
  private final String schedulerName;

  public PodOutcomes(
      Client client,
      SerialContext context,
      SchedulerCache cache,
      EventRecorder events,
      SchedulerMetrics metrics,
      String schedulerName) {
    this.client = client;
    this.context = context;
    this.cache = cache;
    this.events = events;
    this.metrics = metrics;
    this.schedulerName = schedulerName;
  }

  public void unschedulable(PodInfo pod, Diagnosis diagnosis, Preemption.Outcome outcome) {
    switch (outcome) {
      case Preemption.Outcome.Off _ -> unschedulable(pod, diagnosis.message(), "");
      case Preemption.Outcome.None none ->
          unschedulable(
              pod,
              diagnosis.message().startsWith("0/")
                  ? diagnosis.message() + " " + none.message()
                  : diagnosis.message(),
              "");
      case Preemption.Outcome.Victims victims -> {
        metrics.preempted(victims.pods().size());
        cache.nominate(pod, victims.node());
        unschedulable(pod, diagnosis.message(), victims.node());
        victims.pods().forEach(victim -> evict(pod, victim, victims.node()));
      }
    }
  }

  public void failed(PodInfo pod, Throwable failure) {
    String message =
        failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    events.warning(pod.pod(), "FailedScheduling", message);
    condition(pod.pod(), "SchedulerError", message, "");
  }

  private void unschedulable(PodInfo pod, String message, String nominated) {
    events.warning(pod.pod(), "FailedScheduling", message);
    condition(pod.pod(), "Unschedulable", message, nominated);
  }

  private void condition(KubeObject pod, String reason, String message, String nominated) {
    for (JsonNode c : pod.at("status", "conditions")) {
      if (c.path("type").asText().equals("PodScheduled")
          && c.path("status").asText().equals("False")
          && c.path("reason").asText().equals(reason)
          && c.path("message").asText().equals(message)
          && nominated.equals(pod.text("status", "nominatedNodeName"))) {
        return;
      }
    }
    Patch patch =
        Patch.strategic(node -> {
          ObjectNode status = node.putObject("status");
          if (!nominated.isEmpty()) {
            status.put("nominatedNodeName", nominated);
          }
          scheduled(status.putArray("conditions").addObject(), pod, reason, message);
        });
    send(
        client.patch(
            Resources.PODS, pod.namespace(), pod.name(), patch, "status", WriteOptions.NONE),
        pod);
  }

  private void scheduled(ObjectNode condition, KubeObject pod, String reason, String message) {
    String since = Timestamps.time(context.clock().instant());
    for (JsonNode c : pod.at("status", "conditions")) {
      if (c.path("type").asText().equals("PodScheduled")
          && c.path("status").asText().equals("False")) {
        since = c.path("lastTransitionTime").asText(since);
      }
    }
    condition.put("type", "PodScheduled").put("status", "False");
    condition.put("reason", reason).put("message", message);
    condition.put("lastTransitionTime", since);
    if (pod.generation() > 0) {
      condition.put("observedGeneration", pod.generation());
    }
  }

  private void evict(PodInfo pod, PodInfo victim, String node) {
    KubeObject object = victim.pod();
    if (object.isDeleting()) {
      return;
    }
    Patch disrupted =
        Patch.strategic(tree ->
            tree.putObject("status")
                .putArray("conditions")
                .addObject()
                .put("type", "DisruptionTarget")
                .put("status", "True")
                .put("reason", "PreemptionByScheduler")
                .put("message", schedulerName + ": preempting to accommodate a higher priority pod")
                .put("lastTransitionTime", Timestamps.time(context.clock().instant())));
    events.normal(object, "Preempted", "Preempted by pod " + pod.uid() + " on node " + node);
    send(
        client
            .patch(
                Resources.PODS,
                object.namespace(),
                object.name(),
                disrupted,
                "status",
                WriteOptions.NONE)
            .chain(() ->
                client.delete(
                    Resources.PODS,
                    object.namespace(),
                    object.name(),
                    DeleteOptions.DEFAULT.ifUid(object.uid()))),
        object);
  }

  private void send(Uni<KubeObject> request, KubeObject about) {
    request
        .subscribe()
        .with(
            _ -> {},
            failure ->
                LOG.atDebug()
                    .addKeyValue("namespace", about.namespace())
                    .addKeyValue("name", about.name())
                    .addKeyValue("failure", failure.toString())
                    .log("A pod's scheduling outcome could not be written"));
  }
}
