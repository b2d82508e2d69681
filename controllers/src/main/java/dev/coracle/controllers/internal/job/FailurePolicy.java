package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controllers.internal.status.Conditions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a Job's {@code podFailurePolicy} says of a failed pod: the first rule that matches
 * (KEP-3329).
 */
final class FailurePolicy {

  /** What to do. */
  sealed interface Verdict {
    record Count() implements Verdict {}

    record Ignore() implements Verdict {}

    record FailJob(String message) implements Verdict {}

    /** The pod's index is not tried again, whatever the limit (KEP-3850). */
    record FailIndex() implements Verdict {}
  }

  private FailurePolicy() {}

  /** Which rule matches, and why. */
  private record Match(int number, String action, String why) {}

  static Verdict of(KubeObject job, KubeObject pod) {
    return match(job, pod)
        .map(m ->
            switch (m.action()) {
              case "FailJob" ->
                  new Verdict.FailJob(m.why() + " matching FailJob rule at index " + m.number());
              case "FailIndex" -> new Verdict.FailIndex();
              case "Ignore" -> new Verdict.Ignore();
              default -> new Verdict.Count();
            })
        .orElseGet(Verdict.Count::new);
  }

  /** What the rule that matches says is to be done; empty where none does. */
  static Optional<String> action(KubeObject job, KubeObject pod) {
    return match(job, pod).map(Match::action);
  }

  private static Optional<Match> match(KubeObject job, KubeObject pod) {
    int number = 0;
    for (JsonNode rule : job.at("spec", "podFailurePolicy", "rules")) {
      String why = matches(rule, pod);
      if (!why.isEmpty()) {
        return Optional.of(new Match(number, rule.path("action").asText(), why));
      }
      number++;
    }
    return Optional.empty();
  }

  private static String matches(JsonNode rule, KubeObject pod) {
    JsonNode exit = rule.path("onExitCodes");
    if (exit.isObject()) {
      String only = exit.path("containerName").asText("");
      for (String list : List.of("containerStatuses", "initContainerStatuses")) {
        for (JsonNode c : pod.at("status", list)) {
          JsonNode terminated = c.path("state").path("terminated");
          int code = terminated.path("exitCode").asInt(0);
          if (!terminated.isObject()
              || code == 0
              || (!only.isEmpty() && !only.equals(c.path("name").asText()))) {
            continue;
          }
          List<Integer> values = new ArrayList<>();
          exit.path("values").forEach(v -> values.add(v.asInt()));
          if (values.contains(code) == exit.path("operator").asText().equals("In")) {
            return "Container "
                + c.path("name").asText()
                + " for pod "
                + pod.key()
                + " failed with exit code "
                + code;
          }
        }
      }
    }
    for (JsonNode pattern : rule.path("onPodConditions")) {
      JsonNode condition = Conditions.find(pod, pattern.path("type").asText());
      if (condition.isObject()
          && condition.path("status").asText().equals(pattern.path("status").asText("True"))) {
        return "Pod " + pod.key() + " has condition " + pattern.path("type").asText();
      }
    }
    return "";
  }
}
