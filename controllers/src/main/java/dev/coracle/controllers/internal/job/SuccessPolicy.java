package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controllers.internal.status.Conditions;
import java.util.Optional;
import java.util.TreeSet;

/**
 * When an indexed Job has succeeded although not all of its indexes have ({@code
 * spec.successPolicy}, KEP-3998).
 */
final class SuccessPolicy {

  static final String REASON = "SuccessPolicy";

  private SuccessPolicy() {}

  /** The words of the condition, once a rule is met; it stays met. */
  static Optional<String> met(KubeObject job, JsonNode status) {
    JsonNode before = Conditions.find(status, "SuccessCriteriaMet");
    if (before.path("status").asText().equals("True")
        && before.path("reason").asText().equals(REASON)) {
      return Optional.of(before.path("message").asText());
    }
    TreeSet<Integer> completed = JobCounts.completed(job, status);
    int number = 0;
    for (JsonNode rule : job.at("spec", "successPolicy", "rules")) {
      if (matches(rule, completed)) {
        return Optional.of("Matched rules at index " + number);
      }
      number++;
    }
    return Optional.empty();
  }

  private static boolean matches(JsonNode rule, TreeSet<Integer> completed) {
    TreeSet<Integer> counted = new TreeSet<>(completed);
    boolean named = rule.hasNonNull("succeededIndexes");
    TreeSet<Integer> wanted = JobCounts.parse(rule.path("succeededIndexes").asText(""));
    if (named) {
      counted.retainAll(wanted);
    }
    int least =
        rule.hasNonNull("succeededCount") ? rule.path("succeededCount").asInt() : wanted.size();
    return (named || rule.hasNonNull("succeededCount")) && counted.size() >= least;
  }
}
