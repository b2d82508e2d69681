package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.client.EventRecorder;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a Job's status says of its pods, of its suspension and of its end. */
final class JobStatus {

  private final EventRecorder events;

  JobStatus(EventRecorder events) {
    this.events = events;
  }

  static void counts(ObjectNode status, List<KubeObject> all, List<KubeObject> active) {
    put(status, "active", active.size());
    status.put("ready", (int) active.stream().filter(Pods::isReady).count());
    status.put(
        "terminating",
        (int) all.stream().filter(p -> p.isDeleting() && !Pods.isFinished(p)).count());
  }

  private static void put(ObjectNode status, String field, int value) {
    if (value == 0) {
      status.remove(field);
    } else {
      status.put(field, value);
    }
  }

  void suspension(ObjectNode status, KubeObject job, boolean suspended, Instant now) {
    boolean was = Conditions.isTrue(job, "Suspended");
    if (suspended && !was) {
      condition(status, "Suspended", "True", "JobSuspended", "Job suspended", now);
      status.remove("startTime");
      events.normal(job, "Suspended", "Job suspended");
    } else if (!suspended && was) {
      condition(status, "Suspended", "False", "JobResumed", "Job resumed", now);
      status.put("startTime", Timestamps.time(now));
      events.normal(job, "Resumed", "Job resumed");
    }
  }

  /** How a Job ends. */
  record Ending(boolean good, String reason, String message) {}

  /** How it ends; what the status has told of it once stays. */
  static Optional<Ending> ending(
      ObjectNode status, Optional<JobFailure> failure, Optional<String> policy, boolean succeeded) {
    for (boolean good : new boolean[] {false, true}) {
      JsonNode told = Conditions.find(status, sign(good));
      if (told.path("status").asText().equals("True")) {
        return Optional.of(
            new Ending(good, told.path("reason").asText(), told.path("message").asText()));
      }
    }
    if (failure.isPresent()) {
      return failure.map(f -> new Ending(false, f.reason(), f.message()));
    }
    if (policy.isPresent()) {
      return policy.map(m -> new Ending(true, SuccessPolicy.REASON, m));
    }
    return succeeded
        ? Optional.of(
            new Ending(true, "CompletionsReached", "Reached expected number of succeeded pods"))
        : Optional.empty();
  }

  /** The condition that comes before the last one. */
  private static String sign(boolean good) {
    return good ? "SuccessCriteriaMet" : "FailureTarget";
  }

  /** The end is told when all pods have ended and all have been counted. */
  void conclude(
      ObjectNode status,
      KubeObject job,
      List<KubeObject> all,
      Optional<Ending> found,
      Instant now) {
    if (found.isEmpty()) {
      return;
    }
    Ending end = found.get();
    condition(status, sign(end.good()), "True", end.reason(), end.message(), now);
    boolean open =
        all.stream().anyMatch(p -> JobCounts.isTracked(p) || !Pods.isFinished(p))
            || status.path("uncountedTerminatedPods").path("succeeded").size() > 0
            || status.path("uncountedTerminatedPods").path("failed").size() > 0;
    if (open) {
      return;
    }
    condition(status, end.good() ? "Complete" : "Failed", "True", end.reason(), end.message(), now);
    if (end.good()) {
      JsonNode completions = job.at("spec", "completions");
      if (completions.isNumber() && status.path("succeeded").asInt(0) > completions.asInt()) {
        events.warning(
            job,
            "TooManySucceededPods",
            "Too many succeeded pods running after completion count reached");
      }
      status.put("completionTime", Timestamps.time(now));
      events.normal(job, "Completed", "Job completed");
    } else {
      events.warning(job, end.reason(), end.message());
    }
  }

  private static void condition(
      ObjectNode status, String type, String value, String reason, String message, Instant now) {
    if (Conditions.set(status, type, value, reason, message, now)) {
      ((ObjectNode) Conditions.find(status, type)).put("lastProbeTime", Timestamps.time(now));
    }
  }
}
