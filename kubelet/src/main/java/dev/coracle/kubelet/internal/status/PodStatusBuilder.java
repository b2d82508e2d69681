package dev.coracle.kubelet.internal.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Timestamps;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.QosClass;
import dev.coracle.kubelet.internal.runtime.NodeDevices;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodResources;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.internal.runtime.ProbeResults;
import dev.coracle.kubelet.internal.runtime.RestartAll;
import dev.coracle.kubelet.internal.runtime.SandboxState;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Computes a pod's whole status from its spec, what the runtime has, and what was so before. */
public final class PodStatusBuilder {
  /**
   * An end the kubelet has decided on: eviction, refusal, a deadline.
   *
   * @param disruption whether the node's need ends a pod that did no wrong (KEP-3329)
   */
  public record Verdict(String reason, String message, Optional<String> disruption) {
    private static final String REJECTED = "Pod was rejected: ";

    /** This node does not take the pod; an event says the same without the first words. */
    public static Verdict rejected(String reason, String why) {
      return new Verdict(reason, REJECTED + why, Optional.empty());
    }

    public boolean isRejection() {
      return message.startsWith(REJECTED);
    }

    /** What the message says after {@code Pod was rejected: }. */
    public String why() {
      return message.startsWith(REJECTED) ? message.substring(REJECTED.length()) : message;
    }

    public static Verdict of(String reason, String message) {
      return new Verdict(reason, message, Optional.empty());
    }

    public static Verdict disruption(String reason, String message) {
      return disruption(reason, message, message);
    }

    /**
     * @param told what the condition {@code DisruptionTarget} says
     */
    public static Verdict disruption(String reason, String message, String told) {
      return new Verdict(reason, message, Optional.of(told));
    }
  }

  private final ProbeResults probes;
  private final TerminationMessages messages;
  private final Supplier<String> idScheme;
  private final Supplier<List<String>> hostIps;
  private final Predicate<Pod> recursiveReadOnly;
  private final NodeDevices devices;
  private final Clock clock;

  /**
   * @param recursiveReadOnly whether a pod's runtime makes mounts read-only all the way down
   */
  public PodStatusBuilder(
      ProbeResults probes,
      TerminationMessages messages,
      Supplier<String> idScheme,
      Supplier<List<String>> hostIps,
      Predicate<Pod> recursiveReadOnly,
      NodeDevices devices,
      Clock clock) {
    this.probes = probes;
    this.messages = messages;
    this.idScheme = idScheme;
    this.hostIps = hostIps;
    this.recursiveReadOnly = recursiveReadOnly;
    this.devices = devices;
    this.clock = clock;
  }

  /**
   * @param old the status before, the API's or the one computed last
   * @param ending the pod is being ended: nothing is restarted any more
   */
  public ObjectNode build(
      PodContext context,
      PodRuntimeStatus runtime,
      JsonNode old,
      boolean ending,
      Optional<Verdict> verdict) {
    Pod pod = context.pod();
    ContainerStatuses converter =
        new ContainerStatuses(
            context, runtime, probes, messages, idScheme.get(), recursiveReadOnly, devices);
    ObjectNode status = Json.object();
    ArrayNode init = converter.of(pod.initContainers(), old.path("initContainerStatuses"));
    ArrayNode ordinary = converter.of(pod.containers(), old.path("containerStatuses"));
    ArrayNode ephemeral =
        converter.of(pod.ephemeralContainers(), old.path("ephemeralContainerStatuses"));
    boolean anyStarted = anyStarted(ordinary);
    String before = old.path("phase").asText("");
    boolean refused =
        runtime.containers().isEmpty()
            && (verdict.filter(Verdict::isRejection).isPresent()
                || isOver(before) && old.path("containerStatuses").isEmpty());
    if (ending && !refused) {
      LostContainers.mark(pod, init, ordinary);
    }
    String phase = Phases.of(pod, init, ordinary, ending, anyStarted);
    if (ending && !isOver(phase) && !pod.isStatic()) {
      phase = "Failed"; // Of what never came to run, too, so that nobody waits for it.
    }
    if (isOver(before)) {
      phase = before;
      copy(old, status, "reason");
      copy(old, status, "message");
    }
    RestartAll turn = RestartAll.of(pod, runtime);
    if (turn.underWay() && !ending && !isOver(before)) {
      phase = "Running";
    }
    if (verdict.isPresent()) {
      phase = "Failed";
      status.put("reason", verdict.get().reason()).put("message", verdict.get().message());
    }
    if (pod.object().generation() > 0) {
      status.put("observedGeneration", pod.object().generation());
    }
    status.put("phase", phase);
    status.put("qosClass", QosClass.of(pod).text());
    whole(pod, context.resources(), status);
    status.put("startTime", old.path("startTime").asText(Timestamps.time(context.firstSeen())));
    addresses(pod, runtime, old, phase, status);
    if (!pod.initContainers().isEmpty() && !refused) {
      status.set("initContainerStatuses", init);
    }
    if (!refused) {
      status.set("containerStatuses", ordinary);
    }
    if (!pod.ephemeralContainers().isEmpty() && !refused) {
      status.set("ephemeralContainerStatuses", ephemeral);
    }
    boolean network =
        runtime
            .sandbox()
            .filter(SandboxState::ready)
            .map(s -> pod.hostNetwork() || !s.ips().isEmpty())
            .orElse(false);
    List<Conditions.Condition> conditions =
        new ArrayList<>(Conditions.of(pod, init, ordinary, phase, network, anyStarted));
    if (RestartAll.isPossible(pod)) {
      conditions.add(Conditions.allRestarting(turn, phase));
    }
    if (!isOver(phase)) {
      conditions.addAll(Conditions.resize(context.resources()));
    }
    verdict
        .flatMap(Verdict::disruption)
        .ifPresent(told ->
            conditions.add(
                new Conditions.Condition("DisruptionTarget", true, "TerminationByKubelet", told)));
    conditions(pod, conditions, old, status.putArray("conditions"));
    return status;
  }

  /**
   * In place: a last phase, its reason and the disruption are not told yet. What a pod has is free
   * for others when its phase is a last one: none of its containers may run then any more, nor may
   * it hold devices.
   *
   * @param before the status that was told last
   * @return whether there was a last phase to be held back
   */
  public static boolean holdBack(ObjectNode status, JsonNode before) {
    String phase = before.path("phase").asText("Pending");
    if (!isOver(status.path("phase").asText("")) || isOver(phase)) {
      return false;
    }
    status.put("phase", phase).remove(List.of("reason", "message"));
    copy(before, status, "reason");
    copy(before, status, "message");
    Iterator<JsonNode> conditions = status.path("conditions").iterator();
    while (conditions.hasNext()) {
      if (conditions.next().path("type").asText("").equals("DisruptionTarget")) {
        conditions.remove();
      }
    }
    return true;
  }

  /**
   * What the pod was promised, all its containers together, and what it has as a whole (KEP-5419).
   */
  private static void whole(Pod pod, PodResources resources, ObjectNode status) {
    if (!pod.requests().isEmpty()) {
      ObjectNode promised = status.putObject("allocatedResources");
      pod.requests().forEach((name, amount) -> promised.put(name, amount.toString()));
    }
    JsonNode has = resources.whole(pod);
    if (!has.isEmpty()) {
      status.set("resources", has);
    }
  }

  private static boolean isOver(String phase) {
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  private static void copy(JsonNode from, ObjectNode to, String field) {
    if (from.hasNonNull(field)) {
      to.set(field, from.get(field));
    }
  }

  private static boolean anyStarted(JsonNode statuses) {
    for (JsonNode s : statuses) {
      if (s.path("state").hasNonNull("running")
          || s.path("state").hasNonNull("terminated")
          || s.path("lastState").hasNonNull("terminated")) {
        return true;
      }
    }
    return false;
  }

  private void addresses(
      Pod pod, PodRuntimeStatus runtime, JsonNode old, String phase, ObjectNode status) {
    List<String> hosts = hostIps.get();
    put(hosts, status, "hostIP", "hostIPs");
    List<String> ips = pod.hostNetwork() && !hosts.isEmpty() ? hosts : runtime.ips();
    if (ips.isEmpty()
        && (phase.equals("Succeeded") || phase.equals("Failed") || pod.isDeleting())) {
      copy(old, status, "podIP");
      copy(old, status, "podIPs");
      return;
    }
    put(ips, status, "podIP", "podIPs");
  }

  private static void put(List<String> ips, ObjectNode status, String first, String all) {
    if (!ips.isEmpty()) {
      status.put(first, ips.getFirst());
      ArrayNode list = status.putArray(all);
      ips.forEach(ip -> list.addObject().put("ip", ip));
    }
  }

  private void conditions(
      Pod pod, List<Conditions.Condition> conditions, JsonNode old, ArrayNode out) {
    Instant now = clock.instant();
    for (Conditions.Condition c : conditions) {
      String status = c.status() ? "True" : "False";
      String since = Timestamps.time(now);
      for (JsonNode o : old.path("conditions")) {
        if (o.path("type").asText("").equals(c.type())
            && o.path("status").asText("").equals(status)) {
          since = o.path("lastTransitionTime").asText(since);
        }
      }
      ObjectNode node =
          out.addObject()
              .put("type", c.type())
              .put("status", status)
              .putNull("lastProbeTime")
              .put("lastTransitionTime", since);
      if (!c.reason().isEmpty()) {
        node.put("reason", c.reason());
      }
      if (!c.message().isEmpty()) {
        node.put("message", c.message());
      }
      if (pod.object().generation() > 0) {
        node.put("observedGeneration", pod.object().generation());
      }
    }
  }
}
