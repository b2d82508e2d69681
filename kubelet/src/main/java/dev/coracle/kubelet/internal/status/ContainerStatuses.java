package dev.coracle.kubelet.internal.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Timestamps;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerState;
import dev.coracle.kubelet.internal.runtime.NodeDevices;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.internal.runtime.ProbeResults;
import dev.coracle.kubelet.internal.runtime.RestartAll;
import dev.coracle.kubelet.internal.runtime.RestartRules;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * {@code containerStatuses} and its two sisters, by upstream's rules. Pure but for reading
 * termination messages.
 */
final class ContainerStatuses {
  private static final String RESTARTING = "RestartingAllContainers";
  private static final String REMOVED =
      "The container is removed because RestartAllContainers in place";

  private final Pod pod;
  private final PodContext context;
  private final PodRuntimeStatus runtime;
  private final ProbeResults probes;
  private final TerminationMessages messages;
  private final String idScheme;
  private final Predicate<Pod> recursiveReadOnly;
  private final NodeDevices devices;
  private final RestartAll turn;

  /**
   * @param idScheme the runtime's name, as in {@code containerd://…}
   * @param recursiveReadOnly whether the runtime makes mounts read-only all the way down
   */
  ContainerStatuses(
      PodContext context,
      PodRuntimeStatus runtime,
      ProbeResults probes,
      TerminationMessages messages,
      String idScheme,
      Predicate<Pod> recursiveReadOnly,
      NodeDevices devices) {
    this.pod = context.pod();
    this.context = context;
    this.runtime = runtime;
    this.probes = probes;
    this.messages = messages;
    this.idScheme = idScheme;
    this.recursiveReadOnly = recursiveReadOnly;
    this.devices = devices;
    this.turn = RestartAll.of(pod, runtime);
  }

  /**
   * @param old the same list of the status before
   */
  ArrayNode of(List<ContainerSpec> containers, JsonNode old) {
    Map<String, JsonNode> before = new HashMap<>();
    old.forEach(s -> before.put(s.path("name").asText(""), s));
    Map<String, ObjectNode> out = new LinkedHashMap<>();
    boolean hasInit = !pod.initContainers().isEmpty();
    for (ContainerSpec c : containers) {
      out.put(c.name(), initial(c, before.get(c.name()), hasInit));
    }
    for (ContainerSpec c : containers) {
      if (runtime.container(c.name()).isEmpty()) {
        ObjectNode status = java.util.Objects.requireNonNull(out.get(c.name()));
        lost(before.get(c.name()), status);
        if (c.kind() == ContainerSpec.Kind.INIT && isInitialized()) {
          passed(status);
        }
      }
    }
    Map<String, Integer> seen = new HashMap<>();
    for (ContainerState state : runtime.containers()) {
      ObjectNode known = out.get(state.name());
      int nth = seen.merge(state.name(), 1, Integer::sum);
      if (known == null || nth > 2) {
        continue;
      }
      if (nth == 1) {
        out.put(state.name(), turn.awaits(state) ? awaiting(state) : converted(state));
      } else if (!turn.awaits(state) || !known.path("state").has("waiting")) {
        known.set("lastState", ended(state));
      }
    }
    ArrayNode list = Json.array();
    for (ContainerSpec c : containers) {
      ObjectNode status = java.util.Objects.requireNonNull(out.get(c.name()));
      boolean ended = status.path("state").hasNonNull("terminated");
      if (!ended && before.get(c.name()) instanceof ObjectNode was && isOver(c, was)) {
        status = was.deepCopy();
      } else {
        waiting(c, status);
      }
      probed(c, status);
      if (ended) {
        lastHealth(before.get(c.name()), status);
      }
      list.add(status);
    }
    return list;
  }

  /** How its devices fared when it ended, which it has given back since. */
  private static void lastHealth(@Nullable JsonNode old, ObjectNode status) {
    String field = "allocatedResourcesStatus";
    if (old != null && old.has(field) && !status.has(field)) {
      status.set(field, old.get(field));
    }
  }

  /**
   * Whether it has ended for good. An init container runs again for another sandbox all the same;
   * it is told of when it has ended again, since the API lets nothing else follow.
   */
  private boolean isOver(ContainerSpec c, JsonNode was) {
    JsonNode ended = was.path("state").path("terminated");
    return ended.isObject()
        && !RestartAll.isPossible(pod)
        && (c.kind() == ContainerSpec.Kind.EPHEMERAL
            || !RestartRules.restarts(pod, c, ended.path("exitCode").asInt(0)));
  }

  private ObjectNode initial(ContainerSpec c, @Nullable JsonNode old, boolean hasInit) {
    if (old != null && old.path("state").hasNonNull("terminated") && old.isObject()) {
      return old.deepCopy();
    }
    ObjectNode status = base(c.name(), c.image(), "");
    status.put("restartCount", old == null ? 0 : old.path("restartCount").asInt(0));
    status
        .putObject("state")
        .putObject("waiting")
        .put(
            "reason",
            hasInit && c.kind() != ContainerSpec.Kind.EPHEMERAL
                ? "PodInitializing"
                : "ContainerCreating");
    status.set("lastState", old == null ? Json.object() : old.path("lastState").deepCopy());
    return status;
  }

  /** A container the runtime knows no more of, though it ran. */
  private void lost(@Nullable JsonNode old, ObjectNode status) {
    if (old == null || !old.path("state").hasNonNull("running")) {
      return;
    }
    if (status.path("lastState").hasNonNull("terminated")) {
      return;
    }
    status
        .putObject("lastState")
        .putObject("terminated")
        .put("exitCode", 137)
        .put("reason", "ContainerStatusUnknown")
        .put(
            "message",
            "The container could not be located when the pod was deleted.  The container used to be"
                + " Running")
        .putNull("startedAt")
        .putNull("finishedAt");
    if (!pod.isDeleting()) {
      status.put("restartCount", status.path("restartCount").asInt(0) + 1);
    }
  }

  /** Whether the runtime has a container that is made after all init containers have ended. */
  private boolean isInitialized() {
    return pod.containers().stream()
        .flatMap(c -> runtime.container(c.name()).stream())
        .anyMatch(c -> c.state() != ContainerState.State.UNKNOWN);
  }

  /** An init container that must have ended well, though the runtime has cleaned it up. */
  private static void passed(ObjectNode status) {
    if (status.path("state").hasNonNull("waiting")) {
      status
          .putObject("state")
          .putObject("terminated")
          .put("exitCode", 0)
          .put("reason", "Completed")
          .put(
              "message",
              "Unable to get init container status from container runtime and pod has been"
                  + " initialized, treat it as exited normally")
          .putNull("startedAt")
          .putNull("finishedAt");
    }
  }

  private static ObjectNode base(String name, String image, String imageId) {
    return Json.object()
        .put("name", name)
        .put("ready", false)
        .put("restartCount", 0)
        .put("image", image)
        .put("imageID", imageId)
        .put("started", false);
  }

  /** One that has ended with all of its pod's, and is not made anew yet (KEP-5532). */
  private ObjectNode awaiting(ContainerState c) {
    ObjectNode status = base(c.name(), c.image(), c.imageRef());
    status.put("restartCount", c.restartCount() + 1);
    ObjectNode waiting = status.putObject("state").putObject("waiting");
    waiting.put("reason", RESTARTING).put("message", REMOVED);
    status.set("lastState", endedForAll());
    return status;
  }

  /** How the instance before the present one has ended. */
  private ObjectNode ended(ContainerState before) {
    boolean withAll =
        RestartAll.isPossible(pod)
            && runtime.container(before.name()).filter(c -> c.turn() > before.turn()).isPresent();
    return withAll ? endedForAll() : stateOf(before);
  }

  private static ObjectNode endedForAll() {
    ObjectNode state = Json.object();
    state
        .putObject("terminated")
        .put("exitCode", 137)
        .put("reason", RESTARTING)
        .put("message", REMOVED)
        .putNull("startedAt")
        .putNull("finishedAt");
    return state;
  }

  private ObjectNode converted(ContainerState c) {
    ObjectNode status = base(c.name(), c.image(), c.imageRef());
    status.put("restartCount", c.restartCount());
    status.put("containerID", idScheme + "://" + c.id());
    status.set("state", stateOf(c));
    status.set("lastState", Json.object());
    pod.container(c.name()).ifPresent(spec -> details(spec, c, status));
    return status;
  }

  /** What it has of resources, users and mounts. */
  private void details(ContainerSpec spec, ContainerState c, ObjectNode status) {
    JsonNode has = spec.node().path("resources");
    if (c.isRunning()) {
      has =
          new ActualResources(
                  has,
                  context.resources().of(c.id(), spec),
                  c.resources().orElse(LinuxContainerResources.getDefaultInstance()))
              .node();
    }
    if (spec.kind() != ContainerSpec.Kind.EPHEMERAL) {
      status.set("resources", has.isObject() ? has.deepCopy() : Json.object());
      if (!spec.requests().isEmpty()) {
        status.set("allocatedResources", spec.requests().deepCopy());
      }
    }
    ArrayNode fare = devices.health(pod, spec);
    if (!fare.isEmpty()) {
      status.set("allocatedResourcesStatus", fare);
    }
    if (!c.stopSignal().isEmpty()) {
      status.put("stopSignal", c.stopSignal());
    }
    c.user()
        .ifPresent(u -> {
          ObjectNode linux =
              status
                  .putObject("user")
                  .putObject("linux")
                  .put("uid", u.getUid())
                  .put("gid", u.getGid());
          ArrayNode groups = linux.putArray("supplementalGroups");
          u.getSupplementalGroupsList().forEach(groups::add);
        });
    ArrayNode mounts = Json.array();
    for (JsonNode m : spec.node().path("volumeMounts")) {
      ObjectNode mount =
          mounts
              .addObject()
              .put("name", m.path("name").asText())
              .put("mountPath", m.path("mountPath").asText());
      if (m.path("readOnly").asBoolean(false)) {
        String asked = m.path("recursiveReadOnly").asText("");
        boolean deep =
            asked.equals("Enabled") || asked.equals("IfPossible") && recursiveReadOnly.test(pod);
        mount.put("readOnly", true).put("recursiveReadOnly", deep ? "Enabled" : "Disabled");
      }
    }
    if (!mounts.isEmpty()) {
      status.set("volumeMounts", mounts);
    }
  }

  private ObjectNode stateOf(ContainerState c) {
    ObjectNode state = Json.object();
    switch (c.state()) {
      case RUNNING -> state.putObject("running").put("startedAt", time(c.startedAt()));
      case CREATED, UNKNOWN -> state.putObject("waiting");
      case EXITED -> {
        ObjectNode t = state.putObject("terminated");
        t.put("exitCode", c.exitCode());
        String reason = c.reason();
        if (reason.isEmpty()) {
          reason = c.exitCode() == 0 ? "Completed" : "Error";
        }
        t.put("reason", reason);
        String message = messages.of(pod, c);
        if (!message.isEmpty()) {
          t.put("message", message);
        }
        t.put("startedAt", time(c.startedAt()));
        t.put("finishedAt", time(c.finishedAt()));
        t.put("containerID", idScheme + "://" + c.id());
      }
    }
    return state;
  }

  private static @Nullable String time(long nanos) {
    return Timestamps.time(Instant.ofEpochSecond(0, Math.max(0, nanos)));
  }

  /** What is to be started and could not be is waiting, with the reason. */
  private void waiting(ContainerSpec c, ObjectNode status) {
    if (c.kind() == ContainerSpec.Kind.INIT) {
      Optional<ContainerState> s = runtime.container(c.name());
      if (s.isPresent() && s.get().isExited() && s.get().exitCode() == 0) {
        return;
      }
    }
    if (!RestartRules.shouldStart(pod, c, runtime)) {
      return;
    }
    Optional<PodContext.StartFailure> failure = context.startFailure(c.name());
    if (failure.isEmpty()) {
      return;
    }
    JsonNode state = status.path("state");
    if (state.hasNonNull("terminated")) {
      status.set("lastState", state);
    }
    ObjectNode waiting = Json.object().put("reason", failure.get().reason());
    if (!failure.get().message().isEmpty()) {
      waiting.put("message", failure.get().message());
    }
    status.set("state", Json.object().set("waiting", waiting));
  }

  private void probed(ContainerSpec c, ObjectNode status) {
    boolean running = status.path("state").hasNonNull("running");
    String id = runtime.container(c.name()).map(ContainerState::id).orElse("");
    if (c.kind() == ContainerSpec.Kind.INIT) {
      JsonNode t = status.path("state").path("terminated");
      status.put("started", false);
      status.put("ready", t.isObject() && t.path("exitCode").asInt(-1) == 0);
      if (running) {
        status.put("started", true);
      }
      return;
    }
    boolean started = running && (!c.has("startupProbe") || probes.startup(id).orElse(false));
    boolean ready = started && (!c.has("readinessProbe") || probes.readiness(id).orElse(false));
    status.put("started", started);
    status.put("ready", ready);
    if (c.kind() == ContainerSpec.Kind.EPHEMERAL) {
      status.put("ready", false);
      status.remove("started");
    }
  }
}
