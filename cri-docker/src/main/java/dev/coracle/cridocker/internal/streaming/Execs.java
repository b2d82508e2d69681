package dev.coracle.cridocker.internal.streaming;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.cridocker.internal.engine.EngineException;
import dev.coracle.cridocker.internal.engine.Hijacked;
import dev.coracle.criruntime.server.StartException;
import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;

/** Docker's commands in running containers: made, then started, then asked how they ended. */
final class Execs {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Engine engine;

  Execs(Engine engine) {
    this.engine = engine;
  }

  /** Makes a command and tells its id. */
  String create(
      String containerId,
      List<String> command,
      boolean stdin,
      boolean stdout,
      boolean stderr,
      boolean terminal)
      throws EngineException {
    ObjectNode body = JSON.createObjectNode();
    command.forEach(body.putArray("Cmd")::add);
    body.put("AttachStdin", stdin)
        .put("AttachStdout", stdout)
        .put("AttachStderr", stderr)
        .put("Tty", terminal);
    return engine.post("/containers/" + containerId + "/exec", body).path("Id").asText();
  }

  Hijacked start(String execId, boolean terminal) throws IOException {
    return engine.hijack(
        "/exec/" + execId + "/start",
        JSON.createObjectNode().put("Detach", false).put("Tty", terminal));
  }

  /**
   * The exit code of a command whose connection has ended; empty when it never started, and then
   * what came over the connection says why.
   *
   * @throws StartException the container has ended, and nobody knows how the command did
   */
  OptionalInt exitCode(String execId) throws IOException {
    JsonNode state;
    try {
      state = inspect(execId);
    } catch (EngineException e) {
      // Docker forgets a container's commands when it ends.
      throw e.isNotFound() ? new StartException("the container ended while the command ran", e) : e;
    }
    return state.path("Pid").asInt() == 0
        ? OptionalInt.empty()
        : OptionalInt.of(state.path("ExitCode").asInt());
  }

  /** Docker has no call for it, but the process is one of this machine's. */
  void kill(String execId) throws EngineException {
    JsonNode state = inspect(execId);
    if (state.path("Running").asBoolean() && state.path("Pid").asInt() > 0) {
      ProcessHandle.of(state.path("Pid").asLong()).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  private JsonNode inspect(String execId) throws EngineException {
    return engine.get("/exec/" + execId + "/json");
  }
}
