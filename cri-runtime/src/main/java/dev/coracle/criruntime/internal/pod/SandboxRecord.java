package dev.coracle.criruntime.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.criruntime.internal.image.FileTrees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The state of a sandbox, as it is kept in {@code state.json}.
 *
 * @param ips the pod's addresses, the main one first; none on the host's network
 * @param network what the network needs to take its work back
 */
public record SandboxRecord(
    boolean ready,
    long createdAt,
    List<String> ips,
    JsonNode network,
    int pausePid,
    long pauseStart) {
  private static final ObjectMapper JSON = new ObjectMapper();

  public SandboxRecord {
    ips = List.copyOf(ips);
  }

  static SandboxRecord starting(long now) {
    return new SandboxRecord(false, now, List.of(), JSON.createObjectNode(), 0, -1);
  }

  SandboxRecord withNetwork(List<String> addresses, JsonNode details) {
    return new SandboxRecord(ready, createdAt, addresses, details, pausePid, pauseStart);
  }

  SandboxRecord withPause(int pid, long start) {
    return new SandboxRecord(ready, createdAt, ips, network, pid, start);
  }

  SandboxRecord withReady(boolean value) {
    return new SandboxRecord(value, createdAt, ips, network, pausePid, pauseStart);
  }

  void save(Path directory) throws IOException {
    ObjectNode n = JSON.createObjectNode().put("ready", ready).put("createdAt", createdAt);
    ips.forEach(n.putArray("ips")::add);
    n.set("network", network);
    n.put("pausePid", pausePid).put("pauseStart", pauseStart);
    FileTrees.replace(directory.resolve("state.json"), JSON.writeValueAsBytes(n));
  }

  static SandboxRecord load(Path directory) throws IOException {
    JsonNode n = JSON.readTree(Files.readAllBytes(directory.resolve("state.json")));
    List<String> ips = new ArrayList<>();
    n.path("ips").forEach(ip -> ips.add(ip.asText()));
    return new SandboxRecord(
        n.path("ready").asBoolean(),
        n.path("createdAt").asLong(),
        ips,
        n.path("network"),
        n.path("pausePid").asInt(),
        n.path("pauseStart").asLong(-1));
  }
}
