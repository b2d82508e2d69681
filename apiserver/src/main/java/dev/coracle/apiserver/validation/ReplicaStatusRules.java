package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.List;

/**
 * What the status of a workload may say: numbers that are none below zero, and parts that are no
 * more than the whole.
 *
 * @param counts in the order in which they are looked at
 * @param parts of {@code status.replicas}
 * @param ready how the limit of {@code availableReplicas} is called; empty where there is none
 */
record ReplicaStatusRules(List<String> counts, List<String> parts, String ready) {

  static final ReplicaStatusRules DEPLOYMENT =
      new ReplicaStatusRules(
          List.of(
              "observedGeneration",
              "replicas",
              "updatedReplicas",
              "readyReplicas",
              "availableReplicas",
              "unavailableReplicas",
              "terminatingReplicas",
              "collisionCount"),
          List.of("updatedReplicas", "readyReplicas", "availableReplicas"),
          "readyReplicas");

  static final ReplicaStatusRules REPLICA_SET =
      new ReplicaStatusRules(
          List.of(
              "replicas",
              "fullyLabeledReplicas",
              "readyReplicas",
              "availableReplicas",
              "terminatingReplicas",
              "observedGeneration"),
          List.of("fullyLabeledReplicas", "readyReplicas", "availableReplicas"),
          "readyReplicas");

  static final ReplicaStatusRules REPLICATION_CONTROLLER =
      new ReplicaStatusRules(
          List.of(
              "replicas",
              "fullyLabeledReplicas",
              "readyReplicas",
              "availableReplicas",
              "observedGeneration"),
          REPLICA_SET.parts,
          "readyReplicas");

  static final ReplicaStatusRules STATEFUL_SET =
      new ReplicaStatusRules(
          List.of(
              "replicas",
              "readyReplicas",
              "currentReplicas",
              "updatedReplicas",
              "availableReplicas",
              "observedGeneration",
              "collisionCount"),
          List.of("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"),
          "status.readyReplicas");

  static final ReplicaStatusRules DAEMON_SET =
      new ReplicaStatusRules(
          List.of(
              "currentNumberScheduled",
              "numberMisscheduled",
              "desiredNumberScheduled",
              "numberReady",
              "observedGeneration",
              "updatedNumberScheduled",
              "numberAvailable",
              "numberUnavailable",
              "collisionCount"),
          List.of(),
          "");

  void check(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode status = now.path("status");
    for (String count : counts) {
      WorkloadRules.notNegative(status, count, FieldPath.STATUS, errors);
    }
    for (String part : parts) {
      atMost(status, part, "replicas", "status.replicas", errors);
    }
    if (!ready.isEmpty()) {
      atMost(status, "availableReplicas", "readyReplicas", ready, errors);
    }
    if (counts.contains("collisionCount")) {
      long collisions = status.path("collisionCount").asLong();
      if (collisions < before.path("status").path("collisionCount").asLong()) {
        errors.invalid(FieldPath.STATUS, "collisionCount", collisions, "cannot be decremented");
      }
    }
  }

  private static void atMost(
      JsonNode status, String field, String limit, String called, FieldErrors errors) {
    long value = status.path(field).asLong();
    if (value > status.path(limit).asLong()) {
      errors.invalid(FieldPath.STATUS, field, value, "cannot be greater than " + called);
    }
  }
}
