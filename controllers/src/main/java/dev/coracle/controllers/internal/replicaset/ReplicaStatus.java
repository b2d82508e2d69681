package dev.coracle.controllers.internal.replicaset;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.pods.PodStates;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Counts the pods into the owner's status, and writes it when it has changed. */
final class ReplicaStatus {

  private final Environment env;
  private final ReplicaKind kind;

  ReplicaStatus(Environment env, ReplicaKind kind) {
    this.env = env;
    this.kind = kind;
  }

  /** Gives when to look again because a pod becomes available; zero for never. */
  Uni<Duration> write(KubeObject owner, List<PodStates.State> all, Optional<Throwable> failure) {
    Instant now = env.now();
    long minReady = owner.at("spec", "minReadySeconds").asLong(0);
    LabelSelector template =
        LabelSelector.ofLabels(
            KubeObject.strings(owner.at("spec", "template", "metadata", "labels")));
    int replicas = 0;
    int labelled = 0;
    int ready = 0;
    int available = 0;
    int terminating = 0;
    Duration soonest = Duration.ZERO;
    for (PodStates.State state : all) {
      KubeObject pod = state.pod();
      if (!state.active()) {
        terminating += state.terminating() ? 1 : 0;
        continue;
      }
      replicas++;
      labelled += template.matches(pod) ? 1 : 0;
      if (state.ready()) {
        ready++;
        Duration until = minReady == 0 ? Duration.ZERO : Pods.untilAvailable(pod, minReady, now);
        available += until.isZero() ? 1 : 0;
        if (!until.isZero() && (soonest.isZero() || until.compareTo(soonest) < 0)) {
          soonest = until;
        }
      }
    }
    ObjectNode status =
        owner.at("status").isObject() ? (ObjectNode) owner.at("status").deepCopy() : Json.object();
    status.put("replicas", replicas);
    count(status, "fullyLabeledReplicas", labelled);
    count(status, "readyReplicas", ready);
    count(status, "availableReplicas", available);
    if (kind == ReplicaKind.REPLICA_SET) {
      status.put("terminatingReplicas", terminating);
    }
    status.put("observedGeneration", (int) owner.generation());
    failure(status, owner, replicas, failure, now);
    Duration again = soonest;
    if (status.equals(owner.at("status"))) {
      return Uni.createFrom().item(again);
    }
    KubeObject changed = owner.with(node -> node.set("status", status));
    return env.client()
        .updateStatus(kind.resource(), changed)
        .map(_ -> again)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(again);
  }

  private static void failure(
      ObjectNode status, KubeObject owner, int replicas, Optional<Throwable> failure, Instant now) {
    if (failure.isEmpty()) {
      Conditions.remove(status, "ReplicaFailure");
      return;
    }
    // The first failure stays: each next one names another pod, and a status that changes wakes the
    // controller again without the pause that a failure asks for.
    if (Conditions.find(status, "ReplicaFailure").path("status").asText("").equals("True")) {
      return;
    }
    boolean lacking = replicas < owner.at("spec", "replicas").asInt(1);
    Conditions.set(
        status,
        "ReplicaFailure",
        "True",
        lacking ? "FailedCreate" : "FailedDelete",
        String.valueOf(failure.get().getMessage()),
        now);
  }

  /** Zeros are left out, as upstream's types do. */
  private static void count(ObjectNode status, String field, int value) {
    if (value == 0) {
      status.remove(field);
    } else {
      status.put(field, value);
    }
  }
}
