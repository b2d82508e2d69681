package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.List;
import java.util.Set;

/** What a Job is to do, by itself and as the template of a CronJob. */
final class JobSpecRules {

  private static final List<String> MODES = List.of("NonIndexed", "Indexed");
  private static final List<String> RESTARTS = List.of("OnFailure", "Never");
  private static final Set<String> REPLACEMENT = Set.of("Failed", "TerminatingOrFailed");
  private static final List<String> FAILED = List.of("Failed");
  private static final int MOST_INDEXES = 100_000;
  private static final int MOST_OF_MANY = 10_000;
  private static final int LONGEST_MANAGER = 63;
  private static final String NEEDS_INDEXES = "requires indexed completion mode";

  private final JsonNode spec;
  private final FieldPath path;
  private final FieldErrors errors;

  private JobSpecRules(JsonNode spec, FieldPath path, FieldErrors errors) {
    this.spec = spec;
    this.path = path;
    this.errors = errors;
  }

  static void check(JsonNode spec, FieldPath path, FieldErrors errors) {
    new JobSpecRules(spec, path, errors).check();
  }

  static boolean isIndexed(JsonNode spec) {
    return Nodes.text(spec, "completionMode").equals("Indexed");
  }

  private void check() {
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
    boolean perIndex = Nodes.set(spec, "backoffLimitPerIndex");
    if (Nodes.set(spec, "maxFailedIndexes") && !perIndex) {
      errors.required(path, "backoffLimitPerIndex", "when maxFailedIndexes is specified");
    }
    if (Nodes.set(spec, "managedBy")) {
      String manager = Nodes.text(spec, "managedBy");
      PathRules.domainPrefixed(manager, path, "managedBy", errors);
      if (manager.length() > LONGEST_MANAGER) {
        errors.tooLong(path, "managedBy", LONGEST_MANAGER);
      }
    }
    mode(perIndex);
    if (Nodes.set(spec, "podFailurePolicy")) {
      PodFailurePolicyRules.check(spec, path, errors);
    }
    if (Nodes.set(spec, "successPolicy")) {
      JsonNode policy = spec.path("successPolicy");
      if (isIndexed(spec)) {
        SuccessPolicyRules.check(
            policy, spec.path("completions").asInt(0), path.child("successPolicy"), errors);
      } else {
        errors.invalid(path, "successPolicy", shown(policy), NEEDS_INDEXES);
      }
    }
    replacement();
    PodTemplateRules.check(spec.path("template"), path.child("template"), errors);
    restart();
  }

  private void mode(boolean perIndex) {
    String mode = Nodes.text(spec, "completionMode");
    if (Nodes.set(spec, "completionMode") && !MODES.contains(mode)) {
      errors.unsupported(path, "completionMode", mode, MODES);
    }
    if (mode.equals("Indexed")) {
      indexed(perIndex);
    } else if (mode.isEmpty() || mode.equals("NonIndexed")) {
      for (String field : new String[] {"backoffLimitPerIndex", "maxFailedIndexes"}) {
        if (Nodes.set(spec, field)) {
          errors.invalid(path, field, spec.path(field), NEEDS_INDEXES);
        }
      }
    }
  }

  private void indexed(boolean perIndex) {
    JsonNode completions = spec.path("completions");
    JsonNode failed = spec.path("maxFailedIndexes");
    boolean counted = Nodes.set(spec, "completions");
    if (!counted) {
      errors.required(path, "completions", "when completion mode is Indexed");
    }
    atMost("parallelism", MOST_INDEXES, " when completion mode is Indexed");
    if (counted && failed.asLong(0) > completions.asLong()) {
      errors.invalid(path, "maxFailedIndexes", failed, "must be less than or equal to completions");
    }
    atMost("maxFailedIndexes", MOST_INDEXES, "");
    if (perIndex && completions.asLong(0) > MOST_INDEXES) {
      if (!Nodes.set(spec, "maxFailedIndexes")) {
        errors.required(
            path,
            "maxFailedIndexes",
            "must be specified when completions is above " + MOST_INDEXES);
      }
      String when =
          " when completions are above " + MOST_INDEXES + " and used with backoff limit per index";
      atMost("parallelism", MOST_OF_MANY, when);
      atMost("maxFailedIndexes", MOST_OF_MANY, when);
    }
  }

  private void atMost(String field, int most, String when) {
    if (spec.path(field).asLong(0) > most) {
      errors.invalid(path, field, spec.path(field), "must be less than or equal to " + most + when);
    }
  }

  private void replacement() {
    if (!Nodes.set(spec, "podReplacementPolicy")) {
      return;
    }
    String replacement = Nodes.text(spec, "podReplacementPolicy");
    if (Nodes.set(spec, "podFailurePolicy")) {
      if (!replacement.equals("Failed")) {
        errors.unsupported(path, "podReplacementPolicy", replacement, FAILED);
      }
    } else if (!REPLACEMENT.contains(replacement)) {
      errors.unsupported(path, "podReplacementPolicy", replacement, REPLACEMENT);
    }
  }

  private void restart() {
    FieldPath pod = path.child("template", "spec");
    String restart = spec.path("template").path("spec").path("restartPolicy").asText("");
    if (restart.isEmpty() || restart.equals("Always")) {
      errors.required(pod, "restartPolicy", "valid values: \"OnFailure\", \"Never\"");
    } else if (!RESTARTS.contains(restart)) {
      errors.unsupported(pod, "restartPolicy", restart, RESTARTS);
    } else if (Nodes.set(spec, "podFailurePolicy") && !restart.equals("Never")) {
      errors.invalid(
          pod,
          "restartPolicy",
          restart,
          "only \"Never\" is supported when podFailurePolicy is specified");
    }
  }

  /** By the names of upstream's own fields, as its messages have it. */
  private static ObjectNode shown(JsonNode policy) {
    ObjectNode out = Json.object();
    ArrayNode rules = out.putArray("Rules");
    for (JsonNode rule : policy.path("rules")) {
      ObjectNode one = rules.addObject();
      for (String field : new String[] {"SucceededIndexes", "SucceededCount"}) {
        JsonNode value = rule.path("s" + field.substring(1));
        one.set(field, value.isMissingNode() ? Nodes.NULL : value);
      }
    }
    return out;
  }

  /** The name of the last pod is the name of its host. */
  static void hostName(ObjectNode job, FieldErrors errors) {
    JsonNode spec = job.path("spec");
    long completions = spec.path("completions").asLong(0);
    if (isIndexed(spec) && completions > 0) {
      String name = Nodes.text(job.path("metadata"), "name");
      String last = name + "-" + (completions - 1);
      if (!NameRules.dnsLabel(last).isEmpty()) {
        errors.invalid(
            FieldPath.METADATA,
            "name",
            name,
            "will not able to create pod with invalid DNS label: " + last);
      }
    }
  }
}
