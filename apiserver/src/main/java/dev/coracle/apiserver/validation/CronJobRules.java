package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * CronJobs. A zone that stands in the schedule, or is not known any more, may stay where it was
 * stored.
 */
final class CronJobRules implements KindRules {

  private static final List<String> CONCURRENCY = List.of("Allow", "Forbid", "Replace");
  private static final Pattern ZONE_PART = Pattern.compile("[A-Za-z.\\-_0-9+]{1,14}");

  /** A Job's name is that of its CronJob and eleven characters more. */
  private static final int LONGEST_NAME = 52;

  @Override
  public void check(ObjectNode cron, FieldErrors errors) {
    spec(cron.path("spec"), null, errors);
  }

  @Override
  public void checkCreate(ObjectNode cron, FieldErrors errors) {
    String name = Nodes.text(cron.path("metadata"), "name");
    if (name.length() > LONGEST_NAME) {
      errors.invalid(
          FieldPath.METADATA, "name", name, "must be no more than " + LONGEST_NAME + " characters");
    }
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    spec(now.path("spec"), before.path("spec"), errors);
  }

  private static void spec(JsonNode spec, @Nullable JsonNode old, FieldErrors errors) {
    String schedule = Nodes.text(spec, "schedule");
    if (schedule.isEmpty()) {
      errors.required(FieldPath.SPEC, "schedule");
    } else {
      boolean mayHaveZone = old != null && Nodes.text(old, "schedule").contains("TZ");
      schedule(schedule, mayHaveZone, Nodes.set(spec, "timeZone"), errors);
    }
    WorkloadRules.notNegative(spec, "startingDeadlineSeconds", FieldPath.SPEC, errors);
    boolean sameZone = old != null && spec.path("timeZone").equals(old.path("timeZone"));
    if (Nodes.set(spec, "timeZone") && !sameZone) {
      zone(Nodes.text(spec, "timeZone"), errors);
    }
    String concurrency = Nodes.text(spec, "concurrencyPolicy");
    if (concurrency.isEmpty()) {
      errors.required(FieldPath.SPEC, "concurrencyPolicy");
    } else if (!CONCURRENCY.contains(concurrency)) {
      errors.unsupported(FieldPath.SPEC, "concurrencyPolicy", concurrency, CONCURRENCY);
    }
    JsonNode job = spec.path("jobTemplate").path("spec");
    FieldPath path = FieldPath.SPEC.child("jobTemplate", "spec");
    JobSpecRules.check(job, path, errors);
    if (Nodes.set(job, "selector")) {
      errors.invalid(path, "selector", job.path("selector"), "`selector` will be auto-generated");
    }
    if (job.path("manualSelector").asBoolean()) {
      errors.unsupported(path, "manualSelector", true, List.of("nil", "false"));
    }
    WorkloadRules.notNegative(spec, "successfulJobsHistoryLimit", FieldPath.SPEC, errors);
    WorkloadRules.notNegative(spec, "failedJobsHistoryLimit", FieldPath.SPEC, errors);
  }

  private static void schedule(
      String schedule, boolean mayHaveZone, boolean zoned, FieldErrors errors) {
    String problem = CronFields.problem(schedule);
    if (!problem.isEmpty()) {
      errors.invalid(FieldPath.SPEC, "schedule", schedule, problem);
    }
    if (!schedule.contains("TZ")) {
      return;
    }
    if (!mayHaveZone) {
      errors.invalid(
          FieldPath.SPEC,
          "schedule",
          schedule,
          "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
    } else if (zoned) {
      errors.invalid(
          FieldPath.SPEC,
          "schedule",
          schedule,
          "cannot use both timeZone field and TZ or CRON_TZ in schedule");
    }
  }

  private static void zone(String zone, FieldErrors errors) {
    if (zone.isEmpty()) {
      errors.invalid(FieldPath.SPEC, "timeZone", zone, "timeZone must be nil or non-empty string");
      return;
    }
    for (String part : zone.split("/", -1)) {
      if (part.equals(".")
          || part.equals("..")
          || part.startsWith("-")
          || !ZONE_PART.matcher(part).matches()) {
        errors.invalid(FieldPath.SPEC, "timeZone", zone, "unknown time zone " + zone);
        return;
      }
    }
    if (zone.equalsIgnoreCase("local")) {
      errors.invalid(
          FieldPath.SPEC,
          "timeZone",
          zone,
          "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
    }
    if (!CronFields.isZone(zone)) {
      errors.invalid(FieldPath.SPEC, "timeZone", zone, "unknown time zone " + zone);
    }
  }
}
