package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Pods. The status column sums up phase, reasons of containers and deletion into one word, the way
 * kubectl has always shown it.
 */
final class PodPrinter implements Printer {

  private static final List<Column> COLUMNS =
      List.of(
          Column.NAME,
          Column.of("Ready"),
          Column.of("Status"),
          Column.of("Restarts"),
          Column.AGE,
          Column.wide("IP"),
          Column.wide("Node"),
          Column.wide("Nominated Node"),
          Column.wide("Readiness Gates"));

  @Override
  public List<Column> columns() {
    return COLUMNS;
  }

  @Override
  public List<Object> cells(KubeObject pod, Ages ages) {
    Summary s = new Summary(pod);
    String restarts = Long.toString(s.restarts);
    if (s.restarts != 0 && s.lastRestart != null) {
      restarts += " (" + ages.since(s.lastRestart.toString()) + " ago)";
    }
    return List.of(
        pod.name(),
        s.ready + "/" + s.total,
        s.reason,
        restarts,
        ages.of(pod),
        Cells.orNone(address(pod)),
        Cells.orNone(pod.text("spec", "nodeName")),
        Cells.orNone(pod.text("status", "nominatedNodeName")),
        gates(pod));
  }

  @Override
  public Optional<ObjectNode> condition(KubeObject pod) {
    return switch (pod.text("status", "phase")) {
      case "Succeeded" -> completed("Succeeded", "The pod has completed successfully.");
      case "Failed" -> completed("Failed", "The pod failed.");
      default -> Optional.empty();
    };
  }

  private static Optional<ObjectNode> completed(String reason, String message) {
    return Optional.of(
        Json.object()
            .put("type", "Completed")
            .put("status", "True")
            .put("reason", reason)
            .put("message", message));
  }

  private static String address(KubeObject pod) {
    JsonNode ips = pod.at("status", "podIPs");
    return ips.isEmpty() ? pod.text("status", "podIP") : ips.get(0).path("ip").asText("");
  }

  private static String gates(KubeObject pod) {
    JsonNode gates = pod.at("spec", "readinessGates");
    if (gates.isEmpty()) {
      return "<none>";
    }
    int met = 0;
    for (JsonNode gate : gates) {
      if (isTrue(pod, gate.path("conditionType").asText(""))) {
        met++;
      }
    }
    return met + "/" + gates.size();
  }

  private static boolean isTrue(KubeObject pod, String condition) {
    return Cells.condition(pod, condition).path("status").asText("").equals("True");
  }

  /** Goes once through the statuses. */
  private static final class Summary {
    private final KubeObject pod;
    private int total;
    private int ready;
    private long restarts;
    private @Nullable Instant lastRestart;
    private long sidecarRestarts;
    private @Nullable Instant lastSidecarRestart;
    private String reason;

    Summary(KubeObject pod) {
      this.pod = pod;
      String phase = pod.text("status", "phase");
      String given = pod.text("status", "reason");
      reason = given.isEmpty() ? phase : given;
      total = pod.at("spec", "containers").size();
      JsonNode scheduled = Cells.condition(pod, "PodScheduled");
      if (scheduled.path("reason").asText("").equals("SchedulingGated")) {
        reason = "SchedulingGated";
      }
      boolean initializing = initContainers();
      if (!initializing || isTrue(pod, "Initialized")) {
        containers();
      }
      if (pod.isDeleting()) {
        if (given.equals("NodeLost")) {
          reason = "Unknown";
        } else if (!phase.equals("Succeeded") && !phase.equals("Failed")) {
          reason = "Terminating";
        }
      }
    }

    private boolean initContainers() {
      JsonNode specs = pod.at("spec", "initContainers");
      Set<String> sidecars = new HashSet<>();
      for (JsonNode c : specs) {
        if (c.path("restartPolicy").asText("").equals("Always")) {
          sidecars.add(c.path("name").asText());
          total++;
        }
      }
      int index = -1;
      for (JsonNode status : pod.at("status", "initContainerStatuses")) {
        index++;
        boolean sidecar = sidecars.contains(status.path("name").asText(""));
        restarts += status.path("restartCount").asLong(0);
        lastRestart = later(lastRestart, status);
        if (sidecar) {
          sidecarRestarts += status.path("restartCount").asLong(0);
          lastSidecarRestart = later(lastSidecarRestart, status);
        }
        JsonNode state = status.path("state");
        JsonNode ended = state.path("terminated");
        String waits = state.path("waiting").path("reason").asText("");
        if (ended.isObject() && ended.path("exitCode").asInt() == 0) {
          continue;
        }
        if (sidecar && status.path("started").asBoolean(false)) {
          if (status.path("ready").asBoolean(false)) {
            ready++;
          }
          continue;
        }
        if (ended.isObject()) {
          reason = "Init:" + ending(ended);
        } else if (!waits.isEmpty() && !waits.equals("PodInitializing")) {
          reason = "Init:" + waits;
        } else {
          reason = "Init:" + index + "/" + specs.size();
        }
        return true;
      }
      return false;
    }

    private void containers() {
      restarts = sidecarRestarts;
      lastRestart = lastSidecarRestart;
      boolean running = false;
      JsonNode statuses = pod.at("status", "containerStatuses");
      for (int i = statuses.size() - 1; i >= 0; i--) {
        JsonNode status = statuses.get(i);
        restarts += status.path("restartCount").asLong(0);
        lastRestart = later(lastRestart, status);
        JsonNode state = status.path("state");
        String waits = state.path("waiting").path("reason").asText("");
        if (!waits.isEmpty()) {
          reason = waits;
        } else if (state.path("terminated").isObject()) {
          reason = ending(state.path("terminated"));
        } else if (status.path("ready").asBoolean(false) && state.path("running").isObject()) {
          running = true;
          ready++;
        }
      }
      if (reason.equals("Completed") && running) {
        reason = isTrue(pod, "Ready") ? "Running" : "NotReady";
      }
    }

    private static String ending(JsonNode terminated) {
      String why = terminated.path("reason").asText("");
      if (!why.isEmpty()) {
        return why;
      }
      int signal = terminated.path("signal").asInt(0);
      return signal != 0 ? "Signal:" + signal : "ExitCode:" + terminated.path("exitCode").asInt(0);
    }

    private static @Nullable Instant later(@Nullable Instant known, JsonNode status) {
      Instant end =
          Timestamps.parse(
              status.path("lastState").path("terminated").path("finishedAt").asText(""));
      return end == null || known != null && known.isAfter(end) ? known : end;
    }
  }
}
