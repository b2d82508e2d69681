package dev.coracle.controllers.internal.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A Deployment's status: counts, and the conditions Available, Progressing and ReplicaFailure. */
final class DeploymentStatus {

  static final String PROGRESSING = "Progressing";
  static final String TIMED_OUT = "ProgressDeadlineExceeded";
  private static final String COMPLETE = "NewReplicaSetAvailable";

  private final Environment env;

  DeploymentStatus(Environment env) {
    this.env = env;
  }

  /**
   * Counts and writes.
   *
   * @param current null while there is none
   * @param note a condition Progressing to begin with, where this turn made or found the set
   * @return when to look whether the deadline has passed; zero for never
   */
  Uni<Duration> write(
      KubeObject deployment,
      @Nullable KubeObject current,
      List<KubeObject> all,
      Optional<Note> note) {
    Instant now = env.now();
    ObjectNode status = counted(deployment, current, all);
    available(status, deployment, now);
    Duration again = Duration.ZERO;
    if (deployment.at("spec", "paused").asBoolean()) {
      note.ifPresent(n -> n.set(status, now));
    } else if (tracksProgress(deployment)) {
      note.ifPresent(n -> n.set(status, now));
      again = progress(status, deployment, current, note.isPresent(), now);
    } else {
      Conditions.remove(status, PROGRESSING);
    }
    failure(status, current, all, now);
    if (status.equals(deployment.at("status"))) {
      return Uni.createFrom().item(again);
    }
    Duration next = again;
    return env.client()
        .updateStatus(
            dev.coracle.api.Resources.DEPLOYMENTS,
            deployment.with(node -> node.set("status", status)))
        .map(_ -> next)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(next);
  }

  /**
   * Writes why the Deployment does not progress, and counts nothing: the failure it goes with is
   * what matters, so one of its own is passed over.
   */
  Uni<?> note(KubeObject deployment, Note note) {
    if (!tracksProgress(deployment)) {
      return Uni.createFrom().voidItem();
    }
    KubeObject noted =
        deployment.with(node -> note.set(node.withObjectProperty("status"), env.now()));
    return noted.equals(deployment)
        ? Uni.createFrom().voidItem()
        : env.client()
            .updateStatus(dev.coracle.api.Resources.DEPLOYMENTS, noted)
            .onFailure(StatusException.class)
            .recoverWithNull();
  }

  /** A reason to be Progressing. */
  record Note(String value, String reason, String message) {
    void set(ObjectNode status, Instant now) {
      Conditions.set(status, PROGRESSING, value, reason, message, now, true);
    }
  }

  static boolean tracksProgress(KubeObject deployment) {
    JsonNode deadline = deployment.at("spec", "progressDeadlineSeconds");
    return !deadline.isMissingNode() && deadline.asInt() != Integer.MAX_VALUE;
  }

  private static ObjectNode counted(
      KubeObject deployment, @Nullable KubeObject current, List<KubeObject> all) {
    ObjectNode status =
        deployment.at("status").isObject()
            ? (ObjectNode) deployment.at("status").deepCopy()
            : Json.object();
    int total = 0;
    int ready = 0;
    int available = 0;
    int terminating = 0;
    for (KubeObject set : all) {
      total += set.at("status", "replicas").asInt(0);
      ready += set.at("status", "readyReplicas").asInt(0);
      available += set.at("status", "availableReplicas").asInt(0);
      terminating += set.at("status", "terminatingReplicas").asInt(0);
    }
    status.put("observedGeneration", (int) deployment.generation());
    count(status, "replicas", total);
    count(
        status, "updatedReplicas", current == null ? 0 : current.at("status", "replicas").asInt(0));
    count(status, "readyReplicas", ready);
    count(status, "availableReplicas", available);
    count(status, "unavailableReplicas", Math.max(0, RollingSizes.sum(all) - available));
    status.put("terminatingReplicas", terminating);
    return status;
  }

  private static void count(ObjectNode status, String field, int value) {
    if (value == 0) {
      status.remove(field);
    } else {
      status.put(field, value);
    }
  }

  private static void available(ObjectNode status, KubeObject deployment, Instant now) {
    int least = RollingSizes.replicas(deployment) - RollingSizes.maxUnavailable(deployment);
    boolean enough = status.path("availableReplicas").asInt(0) >= least;
    Conditions.set(
        status,
        "Available",
        enough ? "True" : "False",
        enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
        enough
            ? "Deployment has minimum availability."
            : "Deployment does not have minimum availability.",
        now,
        true);
  }

  static boolean isComplete(KubeObject deployment, JsonNode status) {
    int wanted = RollingSizes.replicas(deployment);
    return status.path("updatedReplicas").asInt(0) == wanted
        && status.path("replicas").asInt(0) == wanted
        && status.path("availableReplicas").asInt(0) == wanted
        && status.path("observedGeneration").asLong(0) >= deployment.generation();
  }

  private Duration progress(
      ObjectNode status,
      KubeObject deployment,
      @Nullable KubeObject current,
      boolean noted,
      Instant now) {
    JsonNode before = Conditions.find(status, PROGRESSING);
    JsonNode old = deployment.at("status");
    String what =
        current == null
            ? "Deployment \"" + deployment.name() + "\""
            : "ReplicaSet \"" + current.name() + "\"";
    boolean wasComplete =
        status.path("replicas").asInt(0) == status.path("updatedReplicas").asInt(0)
            && before.path("reason").asText().equals(COMPLETE);
    if (wasComplete && !noted && !changedSince(old, status)) {
      return Duration.ZERO;
    }
    if (isComplete(deployment, status)) {
      Conditions.set(
          status, PROGRESSING, "True", COMPLETE, what + " has successfully progressed.", now, true);
      return Duration.ZERO;
    }
    if (wasComplete && !noted && !moved(old, status)) {
      return Duration.ZERO;
    }
    if (moved(old, status)) {
      // A new update time counts as progress even where the words stay the same.
      Conditions.set(
          status, PROGRESSING, "True", "ReplicaSetUpdated", what + " is progressing.", now, true);
      ((ObjectNode) Conditions.find(status, PROGRESSING))
          .put("lastUpdateTime", Timestamps.time(now));
    }
    JsonNode condition = Conditions.find(status, PROGRESSING);
    if (condition.path("reason").asText().equals(TIMED_OUT)) {
      return Duration.ZERO;
    }
    Instant since = Timestamps.parse(condition.path("lastUpdateTime").asText(""));
    Duration left =
        Duration.between(
            now,
            (since == null ? now : since)
                .plusSeconds(deployment.at("spec", "progressDeadlineSeconds").asLong(600)));
    if (!left.isPositive()) {
      Conditions.set(
          status, PROGRESSING, "False", TIMED_OUT, what + " has timed out progressing.", now, true);
      return Duration.ZERO;
    }
    return left.plusSeconds(1);
  }

  private static boolean changedSince(JsonNode old, JsonNode now) {
    return old.path("updatedReplicas").asInt(0) != now.path("updatedReplicas").asInt(0)
        || old.path("replicas").asInt(0) != now.path("replicas").asInt(0);
  }

  private static boolean moved(JsonNode old, JsonNode now) {
    int oldOld = old.path("replicas").asInt(0) - old.path("updatedReplicas").asInt(0);
    int nowOld = now.path("replicas").asInt(0) - now.path("updatedReplicas").asInt(0);
    return now.path("updatedReplicas").asInt(0) > old.path("updatedReplicas").asInt(0)
        || nowOld < oldOld
        || now.path("readyReplicas").asInt(0) > old.path("readyReplicas").asInt(0)
        || now.path("availableReplicas").asInt(0) > old.path("availableReplicas").asInt(0);
  }

  /** Of the current set, before those of old ones. */
  private static void failure(
      ObjectNode status, @Nullable KubeObject current, List<KubeObject> all, Instant now) {
    List<JsonNode> failures = new ArrayList<>();
    List<KubeObject> sets = new ArrayList<>(all);
    if (current != null) {
      sets.addFirst(current);
    }
    for (KubeObject set : sets) {
      JsonNode failed = Conditions.find(set, "ReplicaFailure");
      if (failed.isObject()) {
        failures.add(failed);
      }
    }
    if (failures.isEmpty()) {
      Conditions.remove(status, "ReplicaFailure");
    } else {
      JsonNode first = failures.getFirst();
      Conditions.set(
          status,
          "ReplicaFailure",
          first.path("status").asText("True"),
          first.path("reason").asText(""),
          first.path("message").asText(""),
          now,
          true);
    }
  }
}
