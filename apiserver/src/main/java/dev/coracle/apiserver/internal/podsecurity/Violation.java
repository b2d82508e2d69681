package dev.coracle.apiserver.internal.podsecurity;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What a pod does that its level forbids.
 *
 * @param reason in few words, without what is the pod's own
 * @param detail who does it, and what he has to do
 */
public record Violation(String reason, String detail) {

  /** For one pod. */
  public static String details(List<Violation> violations) {
    return violations.stream()
        .map(v -> v.reason + " (" + v.detail + ")")
        .collect(Collectors.joining(", "));
  }

  /** For several pods that do the same. */
  public static String reasons(List<Violation> violations) {
    return violations.stream().map(Violation::reason).collect(Collectors.joining(", "));
  }
}
