package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Job and CronJob. */
final class BatchRules {

  private static final List<String> MODES = List.of("NonIndexed", "Indexed");
  private static final Set<String> REPLACEMENT = Set.of("Failed", "TerminatingOrFailed");

  private BatchRules() {}

  static void jobSpec(JsonNode spec, FieldPath path, FieldErrors errors) {
    for (String field :
        new String[] {
          "parallelism",
          "completions",
          "activeDeadlineSeconds",
          "backoffLimit",
          "ttlSecondsAfterFinished",
          "backoffLimitPerIndex",
          "maxFailedIndexes"
        }) {
      WorkloadRules.notNegative(spec, field, path, errors);
    }
    String mode = Nodes.text(spec, "completionMode");
    if (!mode.isEmpty() && !MODES.contains(mode)) {
      errors.unsupported(path, "completionMode", mode, MODES);
    }
    if (mode.equals("Indexed") && !Nodes.set(spec, "completions")) {
      errors.required(path, "completions", "when completion mode is Indexed");
    }
    if (!mode.equals("Indexed")) {
      for (String field : new String[] {"backoffLimitPerIndex", "maxFailedIndexes"}) {
        if (Nodes.set(spec, field)) {
          errors.invalid(path, field, spec.path(field), "requires indexed completion mode");
        }
      }
    }
    String replacement = Nodes.text(spec, "podReplacementPolicy");
    if (!replacement.isEmpty() && !REPLACEMENT.contains(replacement)) {
      errors.unsupported(path, "podReplacementPolicy", replacement, REPLACEMENT);
    }
    FieldPath template = path.child("template");
    PodTemplateRules.check(spec.path("template"), template, errors);
    String restart = spec.path("template").path("spec").path("restartPolicy").asText("");
    if (!restart.equals("OnFailure") && !restart.equals("Never")) {
      errors.required(
          template.child("spec"), "restartPolicy", "valid values: \"OnFailure\", \"Never\"");
    }
    if (Nodes.set(spec, "podFailurePolicy")) {
      PodFailurePolicyRules.check(spec, path, errors);
    }
    if (Nodes.set(spec, "podFailurePolicy") && !restart.equals("Never")) {
      errors.invalid(
          template.child("spec"),
          "restartPolicy",
          restart,
          "only \"Never\" is supported when podFailurePolicy is specified");
    }
  }

  static final class Job implements KindRules {
    @Override
    public void check(ObjectNode job, FieldErrors errors) {
      JsonNode spec = job.path("spec");
      if (!Nodes.set(spec, "selector")) {
        errors.required(FieldPath.SPEC, "selector");
      } else {
        SelectorRules.label(spec.path("selector"), FieldPath.SPEC.child("selector"), errors);
      }
      JsonNode labels = spec.path("template").path("metadata").path("labels");
      if (!Nodes.set(spec, "selector") || !SelectorRules.matches(spec.path("selector"), labels)) {
        SelectorRules.mismatch(labels, FieldPath.SPEC, errors);
      }
      jobSpec(spec, FieldPath.SPEC, errors);
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      JsonNode spec = now.path("spec");
      JsonNode old = before.path("spec");
      boolean indexed = Nodes.text(spec, "completionMode").equals("Indexed");
      boolean elastic = indexed && Trees.equal(spec.path("completions"), spec.path("parallelism"));
      if (!elastic) {
        MetaRules.immutable(spec, old, FieldPath.SPEC, "completions", errors);
      }
      for (String field :
          new String[] {
            "selector",
            "completionMode",
            "podFailurePolicy",
            "backoffLimitPerIndex",
            "managedBy",
            "successPolicy"
          }) {
        MetaRules.immutable(spec, old, FieldPath.SPEC, field, errors);
      }
      boolean suspended =
          old.path("suspend").asBoolean() && !Nodes.set(before.path("status"), "startTime");
      if (suspended) {
        ObjectNode a = directives(spec.path("template"));
        if (!Trees.equal(a, directives(old.path("template")))) {
          errors.invalid(FieldPath.SPEC, "template", spec.path("template"), "field is immutable");
        }
      } else {
        MetaRules.immutable(spec, old, FieldPath.SPEC, "template", errors);
      }
    }

    /** A suspended Job that never ran may still be told where its Pods go and what they get. */
    private static ObjectNode directives(JsonNode template) {
      ObjectNode out = Nodes.copy(template);
      if (out.get("metadata") instanceof ObjectNode meta) {
        meta.remove(List.of("labels", "annotations"));
      }
      if (out.get("spec") instanceof ObjectNode spec) {
        spec.remove(List.of("nodeSelector", "affinity", "tolerations", "schedulingGates"));
        for (String list : new String[] {"containers", "initContainers"}) {
          spec.path(list).forEach(c -> ((ObjectNode) c).remove("resources"));
        }
      }
      return out;
    }
  }

  static final class CronJob implements KindRules {
    private static final Set<String> CONCURRENCY = Set.of("Allow", "Forbid", "Replace");
    private static final Pattern MACRO =
        Pattern.compile("@(yearly|annually|monthly|weekly|daily|midnight|hourly|every .+)");

    @Override
    public List<String> name(String name) {
      List<String> out = new ArrayList<>(NameRules.dnsSubdomain(name));
      if (name.length() > 52) {
        out.add("must be no more than 52 characters");
      }
      return out;
    }

    @Override
    public void check(ObjectNode cron, FieldErrors errors) {
      JsonNode spec = cron.path("spec");
      String schedule = Nodes.text(spec, "schedule");
      if (schedule.isEmpty()) {
        errors.required(FieldPath.SPEC, "schedule");
      } else if (schedule.contains("TZ")) {
        errors.invalid(
            FieldPath.SPEC,
            "schedule",
            schedule,
            "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
      } else if (!MACRO.matcher(schedule).matches() && schedule.strip().split("\\s+").length != 5) {
        int fields = schedule.strip().split("\\s+").length;
        errors.invalid(
            FieldPath.SPEC,
            "schedule",
            schedule,
            "expected exactly 5 fields, found "
                + fields
                + ": ["
                + String.join(" ", schedule.strip().split("\\s+"))
                + "]");
      } else {
        CronFields.check(schedule, errors);
      }
      WorkloadRules.notNegative(spec, "startingDeadlineSeconds", FieldPath.SPEC, errors);
      PodSpecRules.choice(spec, "concurrencyPolicy", CONCURRENCY, FieldPath.SPEC, errors);
      WorkloadRules.notNegative(spec, "successfulJobsHistoryLimit", FieldPath.SPEC, errors);
      WorkloadRules.notNegative(spec, "failedJobsHistoryLimit", FieldPath.SPEC, errors);
      if (Nodes.set(spec, "timeZone")) {
        zone(spec.path("timeZone").asText(), errors);
      }
      JsonNode template = spec.path("jobTemplate").path("spec");
      FieldPath path = FieldPath.SPEC.child("jobTemplate", "spec");
      if (Nodes.set(template, "manualSelector") && template.path("manualSelector").asBoolean()) {
        errors.unsupported(path, "manualSelector", true, List.of("nil", "false"));
      }
      jobSpec(template, path, errors);
    }

    private static void zone(String zone, FieldErrors errors) {
      try {
        if (zone.isEmpty()) {
          errors.invalid(
              FieldPath.SPEC, "timeZone", zone, "timeZone must be nil or non-empty string");
        } else if (zone.equalsIgnoreCase("local")) {
          errors.invalid(
              FieldPath.SPEC,
              "timeZone",
              zone,
              "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
        } else {
          ZoneId.of(zone);
        }
      } catch (DateTimeException e) {
        errors.invalid(FieldPath.SPEC, "timeZone", zone, "unknown time zone " + zone);
      }
    }
  }
}
