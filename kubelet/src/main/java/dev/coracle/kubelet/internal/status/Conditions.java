package dev.coracle.kubelet.internal.status;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.PodResources;
import dev.coracle.kubelet.internal.runtime.RestartAll;
import java.util.ArrayList;
import java.util.List;

/** The conditions the kubelet owns (Kubernetes docs, "Pod conditions"), in upstream's words. */
final class Conditions {
  /**
   * @param reason and message are empty for none
   */
  record Condition(String type, boolean status, String reason, String message) {
    static Condition yes(String type) {
      return new Condition(type, true, "", "");
    }
  }

  private Conditions() {}

  static List<Condition> of(
      Pod pod,
      JsonNode initStatuses,
      JsonNode statuses,
      String phase,
      boolean networkReady,
      boolean anyStarted) {
    Condition ready = containersReady(pod, initStatuses, statuses, phase);
    List<Condition> out = new ArrayList<>();
    out.add(new Condition("PodReadyToStartContainers", networkReady, "", ""));
    out.add(initialized(pod, initStatuses, phase, anyStarted));
    out.add(podReady(pod, ready));
    out.add(ready);
    out.add(Condition.yes("PodScheduled"));
    return out;
  }

  /** How far an in-place resize has come (KEP-1287); nothing while there is none. */
  static List<Condition> resize(PodResources resources) {
    List<Condition> out = new ArrayList<>();
    resources
        .pending()
        .ifPresent(p -> out.add(new Condition("PodResizePending", true, p.reason(), p.message())));
    if (resources.inProgress()) {
      out.add(
          resources
              .error()
              .map(e -> new Condition("PodResizeInProgress", true, "Error", e))
              .orElseGet(() -> Condition.yes("PodResizeInProgress")));
    }
    return out;
  }

  /** Whether all containers are being ended to begin anew (KEP-5532). */
  static Condition allRestarting(RestartAll turn, String phase) {
    boolean over = phase.equals("Succeeded") || phase.equals("Failed");
    return new Condition(
        "AllContainersRestarting", turn.ending() && !over, over ? "PodCompleted" : "", "");
  }

  private static Condition initialized(
      Pod pod, JsonNode initStatuses, String phase, boolean anyStarted) {
    List<String> unknown = new ArrayList<>();
    List<String> incomplete = new ArrayList<>();
    for (ContainerSpec c : pod.initContainers()) {
      JsonNode s = Phases.find(initStatuses, c.name());
      if (s.isMissingNode()) {
        unknown.add(c.name());
      } else if (!s.path(c.isSidecar() ? "started" : "ready").asBoolean(false)) {
        incomplete.add(c.name());
      }
    }
    if (phase.equals("Succeeded") && unknown.isEmpty()) {
      return new Condition("Initialized", true, "PodCompleted", "");
    }
    if (anyStarted || unknown.isEmpty() && incomplete.isEmpty()) {
      return Condition.yes("Initialized");
    }
    return new Condition(
        "Initialized",
        false,
        "ContainersNotInitialized",
        message(
            "containers with unknown status: ",
            unknown,
            "containers with incomplete status: ",
            incomplete));
  }

  private static Condition containersReady(
      Pod pod, JsonNode initStatuses, JsonNode statuses, String phase) {
    List<String> unknown = new ArrayList<>();
    List<String> unready = new ArrayList<>();
    for (ContainerSpec c : pod.initContainers()) {
      if (c.isSidecar()) {
        sort(Phases.find(initStatuses, c.name()), c, unknown, unready);
      }
    }
    for (ContainerSpec c : pod.containers()) {
      sort(Phases.find(statuses, c.name()), c, unknown, unready);
    }
    if (phase.equals("Succeeded") && unknown.isEmpty()) {
      return new Condition("ContainersReady", false, "PodCompleted", "");
    }
    if (phase.equals("Failed") && unknown.isEmpty()) {
      return new Condition("ContainersReady", false, "PodFailed", "");
    }
    String message =
        message(
            "containers with unknown status: ",
            unknown,
            "containers with unready status: ",
            unready);
    return message.isEmpty()
        ? Condition.yes("ContainersReady")
        : new Condition("ContainersReady", false, "ContainersNotReady", message);
  }

  private static void sort(
      JsonNode status, ContainerSpec c, List<String> unknown, List<String> unready) {
    if (status.isMissingNode()) {
      unknown.add(c.name());
    } else if (!status.path("ready").asBoolean(false)) {
      unready.add(c.name());
    }
  }

  private static Condition podReady(Pod pod, Condition containersReady) {
    if (!containersReady.status()) {
      return new Condition("Ready", false, containersReady.reason(), containersReady.message());
    }
    List<String> problems = new ArrayList<>();
    for (JsonNode gate : pod.spec().path("readinessGates")) {
      String type = gate.path("conditionType").asText("");
      String status = null;
      for (JsonNode c : pod.status().path("conditions")) {
        if (c.path("type").asText("").equals(type)) {
          status = c.path("status").asText("");
        }
      }
      if (status == null) {
        problems.add(
            "corresponding condition of pod readiness gate "
                + GoText.quote(type)
                + " does not exist.");
      } else if (!status.equals("True")) {
        problems.add(
            "the status of pod readiness gate "
                + GoText.quote(type)
                + " is not \"True\", but "
                + status);
      }
    }
    return problems.isEmpty()
        ? Condition.yes("Ready")
        : new Condition("Ready", false, "ReadinessGatesNotReady", String.join(", ", problems));
  }

  private static String message(String first, List<String> a, String second, List<String> b) {
    List<String> parts = new ArrayList<>();
    if (!a.isEmpty()) {
      parts.add(first + GoText.list(a));
    }
    if (!b.isEmpty()) {
      parts.add(second + GoText.list(b));
    }
    return String.join(", ", parts);
  }
}
