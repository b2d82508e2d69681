package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;

/**
 * Whether an ended container is started again: the pod's restartPolicy, a container's own, and a
 * container's rules by exit code (KEP-5307).
 */
public final class RestartRules {
  private static final String ALL = "RestartAllContainers";

  private RestartRules() {}

  /** By what the container's end was; a pod being deleted restarts nothing. */
  public static boolean restarts(Pod pod, ContainerSpec container, int exitCode) {
    if (!action(container, exitCode).isEmpty()) {
      return true;
    }
    String own = container.node().path("restartPolicy").asText("");
    return switch (own.isEmpty() ? pod.restartPolicy() : own) {
      case "Never" -> false;
      case "OnFailure" -> exitCode != 0;
      default -> true;
    };
  }

  /** Whether this exit lets all containers of the pod begin anew (KEP-5532). */
  static boolean restartsAll(ContainerSpec container, int exitCode) {
    return action(container, exitCode).equals(ALL);
  }

  static boolean mayRestartAll(ContainerSpec container) {
    for (JsonNode rule : container.node().path("restartPolicyRules")) {
      if (rule.path("action").asText("").equals(ALL)) {
        return true;
      }
    }
    return false;
  }

  /** What the first rule that matches asks for; empty: none does. */
  private static String action(ContainerSpec container, int exitCode) {
    for (JsonNode rule : container.node().path("restartPolicyRules")) {
      JsonNode codes = rule.path("exitCodes");
      boolean listed = false;
      for (JsonNode v : codes.path("values")) {
        listed |= v.asInt() == exitCode;
      }
      boolean matches = codes.path("operator").asText("").equals("NotIn") ? !listed : listed;
      String action = rule.path("action").asText("");
      if (matches && (action.equals("Restart") || action.equals(ALL))) {
        return action;
      }
    }
    return "";
  }

  /** Whether the container is to be started (again), given its newest instance. */
  public static boolean shouldStart(Pod pod, ContainerSpec container, PodRuntimeStatus status) {
    if (pod.isDeleting()) {
      return false;
    }
    return status
        .container(container.name())
        .map(c ->
            switch (c.state()) {
              case RUNNING -> false;
              case CREATED, UNKNOWN -> true;
              case EXITED -> restarts(pod, container, c.exitCode());
            })
        .orElse(true);
  }

  /** Whether some container of the pod may come back after failing. */
  static boolean podRestartsOnFailure(Pod pod) {
    return !pod.restartPolicy().equals("Never")
        || pod.containers().stream()
            .anyMatch(c ->
                c.has("restartPolicyRules")
                    || "Always".equals(c.node().path("restartPolicy").asText("")));
  }
}
