package dev.coracle.cridocker.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.KernelLog;
import dev.coracle.cri.v1.Container;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.ContainerState;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.cridocker.internal.engine.EngineException;
import dev.coracle.cridocker.internal.log.LogFollowers;
import dev.coracle.criruntime.device.CdiDevices;
import dev.coracle.criruntime.server.NotFoundException;
import dev.coracle.criruntime.server.StartException;
import dev.coracle.criruntime.usage.UsageMeter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Containers of pods. Docker keeps their state; here is only what follows their output, and what of
 * a running one does not change. All methods block and are thread-safe.
 */
public final class ContainerService {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** How long the end of a container's output may be awaited before its end is told. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  /** The exit code of a process that SIGKILL ended. */
  private static final int KILLED = 137;

  /** Where a running container is measured. */
  private record Measured(String cgroup, Optional<Path> layer) {}

  private final Engine engine;
  private final String clusterId;
  private final SandboxService sandboxes;
  private final ContainerBody bodies;
  private final LogFollowers logs;
  private final CdiDevices devices = CdiDevices.ofHost();
  private final Map<String, Measured> measured = new ConcurrentHashMap<>();

  /** Of those that were killed, whether it was for want of memory. */
  private final Map<String, Boolean> oomKilled = new ConcurrentHashMap<>();

  public ContainerService(
      Engine engine,
      EngineFacts facts,
      String clusterId,
      SandboxService sandboxes,
      LogFollowers logs) {
    this.engine = engine;
    this.clusterId = clusterId;
    this.sandboxes = sandboxes;
    this.bodies = new ContainerBody(engine, facts, sandboxes);
    this.logs = logs;
  }

  /** Goes on with the output of the containers of an earlier run. */
  public void adopt() throws IOException {
    for (JsonNode c : list()) {
      if (!c.path("State").asText().equals("created")) {
        String path = c.path("Labels").path(Labels.LOG_PATH).asText();
        if (!path.isEmpty()) {
          String id = c.path("Id").asText();
          logs.follow(id, Path.of(path), inspect(id).path("Config").path("Tty").asBoolean());
        }
      }
    }
  }

  public String create(String sandboxId, ContainerConfig asked) throws IOException {
    ContainerConfig config = devices.addTo(asked);
    JsonNode sandbox = sandboxes.require(sandboxId);
    Names.Parsed pod =
        Names.parse(sandbox.path("Name").asText())
            .orElseThrow(
                () -> new NotFoundException("pod sandbox has a foreign name: " + sandboxId));
    JsonNode image = image(config.getImage().getImage());
    return SandboxService.create(
        engine,
        Names.of(pod.pod(), config.getMetadata()),
        bodies.of(config, sandbox, image, clusterId));
  }

  private JsonNode image(String name) throws EngineException {
    try {
      return engine.get("/images/" + name + "/json");
    } catch (EngineException e) {
      if (e.isNotFound()) {
        throw new NotFoundException("image not found: " + name);
      }
      throw e;
    }
  }

  /**
   * @throws StartException the command cannot be started, in the OCI runtime's words
   */
  public void start(String id) throws IOException {
    JsonNode c = require(id);
    String fullId = c.path("Id").asText();
    if (!Statuses.isCreated(c)) {
      throw new IllegalStateException(
          "container is in state " + Statuses.state(c) + ", not CONTAINER_CREATED: " + id);
    }
    boolean terminal = c.path("Config").path("Tty").asBoolean();
    Optional<Path> log = logPath(c);
    if (log.isPresent()) {
      logs.prepare(fullId, log.get());
    }
    try {
      engine.post("/containers/" + fullId + "/start");
    } catch (EngineException e) {
      logs.forget(fullId);
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
    if (log.isPresent()) {
      logs.follow(fullId, log.get(), terminal);
    }
  }

  static Optional<Path> logPath(JsonNode inspected) {
    String path = inspected.path("Config").path("Labels").path(Labels.LOG_PATH).asText();
    return path.isEmpty() ? Optional.empty() : Optional.of(Path.of(path));
  }

  private JsonNode inspect(String id) throws EngineException {
    return engine.get("/containers/" + Engine.encode(id) + "/json");
  }

  /** Docker's description of a container; of one that has ended, its output is all written. */
  public Optional<JsonNode> find(String id) throws EngineException {
    try {
      JsonNode found = inspect(id);
      if (!sandboxes.isOurs(found, Labels.CONTAINER)) {
        return Optional.empty();
      }
      if (Statuses.hasEnded(found)) {
        logs.awaitEnd(found.path("Id").asText(), LAST_WORDS);
        correctOom(found);
      }
      return Optional.of(found);
    } catch (EngineException e) {
      if (e.isNotFound()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Docker's word for it is not always there when the kernel's is. */
  private void correctOom(JsonNode c) {
    String id = c.path("Id").asText();
    if (c.path("State") instanceof ObjectNode state
        && state.path("ExitCode").asInt() == KILLED
        && !state.path("OOMKilled").asBoolean()
        && oomKilled.computeIfAbsent(id, KernelLog::tellsOfOom)) {
      state.put("OOMKilled", true);
    }
  }

  public JsonNode require(String id) throws EngineException {
    return find(id).orElseThrow(() -> new NotFoundException("container not found: " + id));
  }

  public JsonNode requireRunning(String id) throws EngineException {
    JsonNode c = require(id);
    if (!c.path("State").path("Running").asBoolean()) {
      throw new IllegalStateException("container is not running: " + id);
    }
    return c;
  }

  /** Docker's short descriptions, ended ones included. */
  public List<JsonNode> list() throws EngineException {
    return sandboxes.list(Labels.CONTAINER);
  }

  /** All of them as CRI lists them. */
  public List<Container> summaries() throws EngineException {
    List<Container> out = new ArrayList<>();
    for (JsonNode c : list()) {
      ContainerState state = Statuses.listedState(c);
      if (state == ContainerState.CONTAINER_CREATED) {
        // It may be one whose start failed, of which the list says nothing.
        state = find(c.path("Id").asText()).map(Statuses::state).orElse(state);
      }
      out.add(Statuses.summary(c, state));
    }
    return out;
  }

  /** The sandbox of a container in a list. */
  public static String sandboxOf(JsonNode listed) {
    return listed.path("Labels").path(Labels.SANDBOX_ID).asText();
  }

  public List<JsonNode> ofSandbox(String sandboxId) throws EngineException {
    return sandboxes.list(Labels.CONTAINER, Labels.SANDBOX_ID + "=" + sandboxId);
  }

  /** Ends it by its signal, and by force after the time. Idempotent. */
  public void stop(String id, long seconds) throws IOException {
    Optional<JsonNode> c = find(id);
    if (c.isPresent() && c.get().path("State").path("Running").asBoolean()) {
      String fullId = c.get().path("Id").asText();
      oomKilled.putIfAbsent(fullId, false);
      try {
        engine.post(
            "/containers/" + fullId + "/stop?t=" + Math.max(0, seconds),
            Duration.ofSeconds(Math.max(0, seconds)));
      } catch (EngineException e) {
        if (!e.isNotFound()) {
          throw e;
        }
      }
      logs.awaitEnd(fullId, LAST_WORDS);
    }
  }

  /** Kills it if need be. Idempotent. */
  public void remove(String id) throws IOException {
    Optional<JsonNode> c = find(id);
    if (c.isEmpty()) {
      return;
    }
    String fullId = c.get().path("Id").asText();
    try {
      engine.delete("/containers/" + fullId + "?force=1&v=1");
    } catch (EngineException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
    logs.awaitEnd(fullId, LAST_WORDS);
    logs.forget(fullId);
    measured.remove(fullId);
    oomKilled.remove(fullId);
  }

  public void update(String id, LinuxContainerResources resources) throws IOException {
    JsonNode c = require(id);
    ObjectNode body = JSON.createObjectNode();
    ContainerBody.resources(resources, body);
    engine.post("/containers/" + c.path("Id").asText() + "/update", body);
  }

  public void reopenLog(String id) throws IOException {
    JsonNode c = requireRunning(id);
    logs.reopen(c.path("Id").asText());
  }

  /** A container of a list as something to measure; asks Docker once in its life. */
  public UsageMeter.Subject subject(JsonNode listed) throws IOException {
    String id = listed.path("Id").asText();
    Optional<Measured> at = Optional.ofNullable(measured.get(id));
    boolean running = listed.path("State").asText().equals("running");
    if (at.isEmpty() && running) {
      at = measure(inspect(id));
      at.ifPresent(m -> measured.put(id, m));
    }
    Optional<Path> layer = at.flatMap(Measured::layer);
    return new UsageMeter.Subject(
        id,
        Statuses.attributes(listed),
        running ? at.map(Measured::cgroup) : Optional.empty(),
        layer,
        layer.orElse(Path.of("/")));
  }

  private static Optional<Measured> measure(JsonNode c) {
    String upper = c.path("GraphDriver").path("Data").path("UpperDir").asText("");
    return HostSide.cgroup(c.path("State").path("Pid").asInt())
        .map(cgroup ->
            new Measured(cgroup, upper.isEmpty() ? Optional.empty() : Optional.of(Path.of(upper))));
  }
}
