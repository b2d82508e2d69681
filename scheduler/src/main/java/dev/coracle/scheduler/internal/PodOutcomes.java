package dev.coracle.scheduler.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.SerialContext;
import dev.coracle.scheduler.internal.cache.SchedulerCache;
import dev.coracle.scheduler.internal.cycle.Diagnosis;
import dev.coracle.scheduler.internal.cycle.Preemption;
import dev.coracle.scheduler.internal.queue.SchedulingQueue;
import dev.coracle.scheduler.spi.PodInfo;
import io.smallrye.mutiny.Uni;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells what became of a pod that got no node: the event, the {@code PodScheduled} condition, the
 * nominated node, and the eviction of the victims ({@link Evictions}). The condition is written
 * only when it changes.
 */
public final class PodOutcomes {

  private static final Logger LOG = LoggerFactory.getLogger(PodOutcomes.class);

  private final Client client;
  private final SerialContext context;
  private final SchedulerCache cache;
  private final EventRecorder events;
  private final SchedulerMetrics metrics;
  private final Evictions evictions;

  public PodOutcomes(
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
    this.events = events;
    this.metrics = metrics;
    this.evictions = new Evictions(client, context, cache, queue, events, metrics, schedulerName);
  }

  public void unschedulable(PodInfo pod, Diagnosis diagnosis, Preemption.Outcome outcome) {
    switch (outcome) {
      case Preemption.Outcome.Off _ ->
          unschedulable(pod, diagnosis.message(), nomination(pod.pod()));
      case Preemption.Outcome.Waiting waiting ->
          unschedulable(pod, message(diagnosis, waiting.message()), nomination(pod.pod()));
      case Preemption.Outcome.None none -> {
        cache.unnominate(pod.uid());
        unschedulable(pod, message(diagnosis, none.message()), "");
      }
      case Preemption.Outcome.Victims victims -> {
        metrics.preempted(victims.pods().size());
        cache.nominate(pod, victims.node());
        unschedulable(pod, diagnosis.message(), victims.node());
        evictions.begin(pod, victims);
      }
    }
  }

  private static String message(Diagnosis diagnosis, String ofPreemption) {
    return diagnosis.message().startsWith("0/")
        ? diagnosis.message() + " " + ofPreemption
        : diagnosis.message();
  }

  private static String nomination(KubeObject pod) {
    return pod.text("status", "nominatedNodeName");
  }

  /**
   * The pod is to come to this node as soon as what takes a while is done; others see it meanwhile
   * (KEP-5278). That it cannot be said holds nothing up.
   */
  public Uni<Void> promise(PodInfo pod, String node) {
    if (nomination(pod.pod()).equals(node)) {
      return Uni.createFrom().voidItem();
    }
    KubeObject object = pod.pod();
    Patch patch = Patch.strategic(tree -> tree.putObject("status").put("nominatedNodeName", node));
    return client
        .patch(
            Resources.PODS, object.namespace(), object.name(), patch, "status", WriteOptions.NONE)
        .replaceWithVoid()
        .onFailure()
        .invoke(failure -> notWritten(object, failure))
        .onFailure()
        .recoverWithNull();
  }

  public void failed(PodInfo pod, Throwable failure) {
    failed(pod, failure, nomination(pod.pod()));
  }

  /**
   * @param promised the node that the API shows the pod nominated to; empty for none
   */
  public void failed(PodInfo pod, Throwable failure, String promised) {
    String message =
        failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    cache.unnominate(pod.uid());
    events.warning(pod.pod(), "FailedScheduling", message);
    condition(pod.pod(), "SchedulerError", message, "", promised);
  }

  private void unschedulable(PodInfo pod, String message, String nominated) {
    events.warning(pod.pod(), "FailedScheduling", message);
    condition(pod.pod(), "Unschedulable", message, nominated, nomination(pod.pod()));
  }

  /**
   * @param nominated the node it is nominated to now; empty for none
   * @param before the one it was nominated to
   */
  private void condition(
      KubeObject pod, String reason, String message, String nominated, String before) {
    for (JsonNode c : pod.at("status", "conditions")) {
      if (c.path("type").asText().equals("PodScheduled")
          && c.path("status").asText().equals("False")
          && c.path("reason").asText().equals(reason)
          && c.path("message").asText().equals(message)
          && nominated.equals(before)) {
        return;
      }
    }
    Patch patch =
        Patch.strategic(node -> {
          ObjectNode status = node.putObject("status");
          if (!nominated.equals(before)) {
            status.put("nominatedNodeName", nominated.isEmpty() ? null : nominated);
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

  private void send(Uni<KubeObject> request, KubeObject about) {
    request.subscribe().with(_ -> {}, failure -> notWritten(about, failure));
  }

  private static void notWritten(KubeObject pod, Throwable failure) {
    LOG.atDebug()
        .addKeyValue("namespace", pod.namespace())
        .addKeyValue("name", pod.name())
        .addKeyValue("failure", failure.toString())
        .log("A pod's scheduling outcome could not be written");
  }
}
