package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Timestamps;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What the status of a Job may say, and how it may go on (KEP-4368): whoever reports it, an end
 * stays an end. Most rules look only at what a write changes, so that one mistake of before does
 * not stop all later reports.
 */
final class JobStatusRules {

  private static final FieldPath CONDITIONS = FieldPath.STATUS.child("conditions");

  private final JsonNode spec;
  private final JsonNode status;
  private final JsonNode old;
  private final FieldErrors errors;
  private final boolean complete;
  private final boolean failed;
  private final boolean target;
  private final boolean met;

  private JobStatusRules(ObjectNode now, JsonNode before, FieldErrors errors) {
    this.spec = now.path("spec");
    this.status = now.path("status");
    this.old = before.path("status");
    this.errors = errors;
    this.complete = isTrue(status, "Complete");
    this.failed = isTrue(status, "Failed");
    this.target = isTrue(status, "FailureTarget");
    this.met = isTrue(status, "SuccessCriteriaMet");
  }

  static void check(ObjectNode now, JsonNode before, FieldErrors errors) {
    JobStatusRules rules = new JobStatusRules(now, before, errors);
    rules.counts();
    rules.uncounted();
    rules.endings();
    rules.finished();
    rules.indexes();
    rules.running();
    rules.transitions();
  }

  static boolean isTrue(JsonNode status, String type) {
    return is(status, type, "True");
  }

  private static boolean is(JsonNode status, String type, String value) {
    for (JsonNode condition : status.path("conditions")) {
      if (Nodes.text(condition, "type").equals(type)
          && Nodes.text(condition, "status").equals(value)) {
        return true;
      }
    }
    return false;
  }

  private boolean changed(String field) {
    return !Nodes.same(status, old, field);
  }

  private boolean turned(String type) {
    return isTrue(status, type) != isTrue(old, type);
  }

  private static boolean isFinished(JsonNode status) {
    return isTrue(status, "Complete") || isTrue(status, "Failed");
  }

  private void conditions(boolean wrong, String detail) {
    if (wrong) {
      errors.rejected(CONDITIONS, detail);
    }
  }

  private void counts() {
    for (String field : List.of("active", "succeeded", "failed", "ready", "terminating")) {
      WorkloadRules.notNegative(status, field, FieldPath.STATUS, errors);
    }
  }

  private void uncounted() {
    Set<String> seen = new HashSet<>();
    for (String list : List.of("succeeded", "failed")) {
      FieldPath path = FieldPath.STATUS.child("uncountedTerminatedPods", list);
      int i = 0;
      for (JsonNode pod : status.path("uncountedTerminatedPods").path(list)) {
        if (pod.asText("").isEmpty()) {
          errors.invalid(path.index(i), "", "", "must not be empty");
        } else if (!seen.add(pod.asText())) {
          errors.duplicate(path.index(i), "", pod.asText());
        }
        i++;
      }
    }
  }

  private void endings() {
    boolean completes = turned("Complete");
    conditions(
        (completes || turned("Failed")) && complete && failed,
        "cannot set Complete=True and Failed=true conditions");
    conditions(
        (completes || turned("FailureTarget")) && complete && target,
        "cannot set Complete=True and FailureTarget=true conditions");
    boolean timed = Nodes.set(status, "completionTime");
    Object time = MetaRules.text(status.path("completionTime"));
    if (completes || changed("completionTime")) {
      if (timed && !complete) {
        errors.invalid(
            FieldPath.STATUS,
            "completionTime",
            time,
            "cannot set completionTime when there is no Complete=True condition");
      }
      if (!timed && complete) {
        errors.required(
            FieldPath.STATUS, "completionTime", "completionTime is required for Complete jobs");
      }
    }
    if ((changed("startTime") || changed("completionTime")) && timed) {
      Instant end = Timestamps.parse(Nodes.text(status, "completionTime"));
      Instant start = Timestamps.parse(Nodes.text(status, "startTime"));
      if (start != null && end != null && end.isBefore(start)) {
        errors.invalid(
            FieldPath.STATUS, "completionTime", time, "must be equal to or after `startTime`");
      }
    }
    conditions(
        (turned("Failed") || changed("failedIndexes")) && failed && !target,
        "cannot set Failed=True condition without the FailureTarget=true condition");
    conditions(
        (completes || turned("SuccessCriteriaMet")) && complete && !met,
        "cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
  }

  private void finished() {
    boolean ends = isFinished(status);
    boolean turned = ends != isFinished(old);
    if (!ends) {
      return;
    }
    if ((turned || changed("active")) && status.path("active").asLong(0) > 0) {
      errors.invalid(
          FieldPath.STATUS,
          "active",
          status.path("active"),
          "active>0 is invalid for finished job");
    }
    // What is suspended with nothing to do ends without having begun.
    boolean nothing = spec.path("suspend").asBoolean() && spec.path("completions").asInt(-1) == 0;
    if ((turned || changed("startTime")) && !nothing && !Nodes.set(status, "startTime")) {
      errors.required(FieldPath.STATUS, "startTime", "startTime is required for finished job");
    }
    JsonNode uncounted = status.path("uncountedTerminatedPods");
    if ((turned || changed("uncountedTerminatedPods"))
        && uncounted.path("failed").size() + uncounted.path("succeeded").size() > 0) {
      errors.invalid(
          FieldPath.STATUS,
          "uncountedTerminatedPods",
          shown(uncounted),
          "must be empty for finished job");
    }
  }

  /** By the names of upstream's own fields, as its messages have it. */
  private static ObjectNode shown(JsonNode uncounted) {
    ObjectNode out = Json.object();
    for (String list : List.of("Succeeded", "Failed")) {
      JsonNode pods = uncounted.path(list.toLowerCase(Locale.ROOT));
      out.set(list, pods.isMissingNode() ? Nodes.NULL : pods);
    }
    return out;
  }

  private void indexes() {
    String completed = Nodes.text(status, "completedIndexes");
    String failedOnes = Nodes.text(status, "failedIndexes");
    boolean someFailed = Nodes.set(status, "failedIndexes");
    boolean perIndex = Nodes.set(spec, "backoffLimitPerIndex");
    boolean counted = Nodes.set(spec, "completions");
    boolean completedNew = changed("completedIndexes");
    boolean failedNew = changed("failedIndexes");
    long completions = spec.path("completions").asLong(0);
    if (completedNew && counted) {
      format("completedIndexes", completed, completions);
    }
    if (failedNew && counted && perIndex && someFailed) {
      format("failedIndexes", failedOnes, completions);
    }
    if (completedNew && !completed.isEmpty() && !JobSpecRules.isIndexed(spec)) {
      errors.invalid(
          FieldPath.STATUS,
          "completedIndexes",
          completed,
          "cannot set non-empty completedIndexes when non-indexed completion mode");
    }
    if (failedNew && !perIndex && someFailed) {
      errors.invalid(
          FieldPath.STATUS,
          "failedIndexes",
          failedOnes,
          "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
    }
    if ((failedNew || completedNew) && counted && someFailed) {
      Long both = IndexIntervals.common(completed, failedOnes, completions);
      if (both != null) {
        errors.invalid(
            FieldPath.STATUS,
            "failedIndexes",
            failedOnes,
            "failedIndexes and completedIndexes overlap at index: " + both);
      }
    }
  }

  private void format(String field, String text, long completions) {
    String problem = IndexIntervals.read(text, completions).problem();
    if (!problem.isEmpty()) {
      errors.invalid(FieldPath.STATUS, field, text, "error parsing " + field + ": " + problem);
    }
  }

  private void running() {
    boolean ends = isFinished(status);
    if ((ends != isFinished(old) || changed("terminating"))
        && ends
        && status.path("terminating").asLong(0) > 0) {
      errors.invalid(
          FieldPath.STATUS,
          "terminating",
          status.path("terminating"),
          "terminating>0 is invalid for finished job");
    }
    if ((changed("ready") || changed("active"))
        && status.path("ready").asLong(0) > status.path("active").asLong(0)) {
      errors.invalid(
          FieldPath.STATUS,
          "ready",
          status.path("ready"),
          "cannot set more ready pods than active");
    }
    conditions(met && failed, "cannot set SuccessCriteriaMet=True and Failed=true conditions");
    conditions(
        met && target, "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions");
    conditions(
        Nodes.set(spec, "successPolicy") && !met && complete,
        "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True");
  }

  private void transitions() {
    for (String type : List.of("Failed", "Complete", "FailureTarget")) {
      conditions(
          isTrue(old, type) && !isTrue(status, type),
          "cannot disable the terminal " + type + "=True condition");
    }
    decreasing("failed");
    // Indexed Jobs of as many pods as completions can be scaled down.
    if (!JobSpecRules.isIndexed(spec)
        || spec.path("completions").asLong(-1) != spec.path("parallelism").asLong(-1)) {
      decreasing("succeeded");
    }
    if (Nodes.set(status, "completionTime")
        && Nodes.set(old, "completionTime")
        && changed("completionTime")) {
      errors.invalid(
          FieldPath.STATUS,
          "completionTime",
          MetaRules.text(status.path("completionTime")),
          "field is immutable");
    }
    boolean resumes = isTrue(old, "Suspended") && is(status, "Suspended", "False");
    if (Nodes.set(old, "startTime")
        && changed("startTime")
        && !resumes
        && !spec.path("suspend").asBoolean()) {
      errors.required(
          FieldPath.STATUS, "startTime", "startTime cannot be removed for unsuspended job");
    }
    boolean was = isTrue(old, "SuccessCriteriaMet");
    conditions(was && !met, "cannot disable the SuccessCriteriaMet=True condition");
    conditions(
        isTrue(old, "Complete") && !was && met,
        "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions");
  }

  private void decreasing(String counter) {
    long value = status.path(counter).asLong(0);
    if (value < old.path(counter).asLong(0)) {
      errors.invalid(
          FieldPath.STATUS, counter, value, "cannot decrease the " + counter + " counter");
    }
  }
}
