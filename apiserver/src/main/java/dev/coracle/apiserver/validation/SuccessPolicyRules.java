package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;

/** The successPolicy of an indexed Job (KEP-3998). */
final class SuccessPolicyRules {

  private static final int MOST_RULES = 20;
  private static final int LONGEST_INDEXES = 64 << 10;

  private SuccessPolicyRules() {}

  static void check(JsonNode policy, int completions, FieldPath path, FieldErrors errors) {
    JsonNode rules = policy.path("rules");
    FieldPath at = path.child("rules");
    if (rules.isEmpty()) {
      errors.required(
          at, "", "at least one rules must be specified when the successPolicy is specified");
    }
    if (rules.size() > MOST_RULES) {
      errors.tooMany(at, "", rules.size(), MOST_RULES);
    }
    int i = 0;
    for (JsonNode rule : rules) {
      rule(rule, completions, at.index(i++), errors);
    }
  }

  private static void rule(JsonNode rule, int completions, FieldPath at, FieldErrors errors) {
    boolean counted = Nodes.set(rule, "succeededCount");
    boolean named = Nodes.set(rule, "succeededIndexes");
    if (!counted && !named) {
      errors.required(
          at, "", "at least one of succeededCount or succeededIndexes must be specified");
    }
    long total = 0;
    if (named) {
      String indexes = Nodes.text(rule, "succeededIndexes");
      if (indexes.length() > LONGEST_INDEXES) {
        errors.tooLong(at, "succeededIndexes", LONGEST_INDEXES);
      }
      IndexIntervals.Read read = IndexIntervals.read(indexes, completions);
      total = read.total();
      if (!read.problem().isEmpty()) {
        errors.invalid(
            at, "succeededIndexes", indexes, "error parsing succeededIndexes: " + read.problem());
      }
    }
    if (counted) {
      WorkloadRules.notNegative(rule, "succeededCount", at, errors);
      long count = rule.path("succeededCount").asLong();
      if (count > completions) {
        tooMany(count, completions, "specified completions", at, errors);
      }
      if (named && count > total) {
        tooMany(count, total, "indexes in the specified succeededIndexes field", at, errors);
      }
    }
  }

  private static void tooMany(long count, long most, String of, FieldPath at, FieldErrors errors) {
    errors.invalid(
        at,
        "succeededCount",
        count,
        "must be less than or equal to " + most + " (the number of " + of + ")");
  }
}
