package dev.coracle.criruntime.internal.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.v1.ContainerState;
import dev.coracle.criruntime.internal.image.FileTrees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The life of a container so far, as it is kept in {@code state.json}. Times are nanoseconds since
 * the epoch, 0 for not yet; process start times are the kernel's ticks.
 */
public record ContainerRecord(
    ContainerState state,
    long createdAt,
    long startedAt,
    long finishedAt,
    int exitCode,
    String reason,
    String message,
    int waiterPid,
    long waiterStart,
    int pid,
    long pidStart) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static ContainerRecord created(long now) {
    return new ContainerRecord(
        ContainerState.CONTAINER_CREATED, now, 0, 0, 0, "", "", 0, -1, 0, -1);
  }

  ContainerRecord launched(int waiter, long waiterStarted) {
    return new ContainerRecord(
        state,
        createdAt,
        startedAt,
        finishedAt,
        exitCode,
        reason,
        message,
        waiter,
        waiterStarted,
        pid,
        pidStart);
  }

  ContainerRecord running(long now, int mainPid, long mainStarted) {
    return new ContainerRecord(
        ContainerState.CONTAINER_RUNNING,
        createdAt,
        now,
        0,
        0,
        "",
        "",
        waiterPid,
        waiterStart,
        mainPid,
        mainStarted);
  }

  ContainerRecord exited(long now, int code, String why, String text) {
    return new ContainerRecord(
        ContainerState.CONTAINER_EXITED,
        createdAt,
        startedAt,
        Math.max(now, 1),
        code,
        why,
        text,
        waiterPid,
        waiterStart,
        pid,
        pidStart);
  }

  void save(Path directory) throws IOException {
    ObjectNode n = JSON.createObjectNode().put("state", state.name()).put("createdAt", createdAt);
    n.put("startedAt", startedAt).put("finishedAt", finishedAt).put("exitCode", exitCode);
    n.put("reason", reason).put("message", message);
    n.put("waiterPid", waiterPid).put("waiterStart", waiterStart);
    n.put("pid", pid).put("pidStart", pidStart);
    FileTrees.replace(directory.resolve("state.json"), JSON.writeValueAsBytes(n));
  }

  private static ContainerState state(String name) throws IOException {
    try {
      return ContainerState.valueOf(name);
    } catch (IllegalArgumentException e) {
      throw new IOException("the container's record is damaged: its state is \"" + name + '"', e);
    }
  }

  static ContainerRecord load(Path directory) throws IOException {
    JsonNode n = JSON.readTree(Files.readAllBytes(directory.resolve("state.json")));
    return new ContainerRecord(
        state(n.path("state").asText()),
        n.path("createdAt").asLong(),
        n.path("startedAt").asLong(),
        n.path("finishedAt").asLong(),
        n.path("exitCode").asInt(),
        n.path("reason").asText(),
        n.path("message").asText(),
        n.path("waiterPid").asInt(),
        n.path("waiterStart").asLong(-1),
        n.path("pid").asInt(),
        n.path("pidStart").asLong(-1));
  }
}
