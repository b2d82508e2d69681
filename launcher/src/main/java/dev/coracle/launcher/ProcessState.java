package dev.coracle.launcher;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * What a running process says of itself in {@code run/process.json}, for {@code down} and {@code
 * status}. Believed only while the data directory's lock is held.
 *
 * @param pid the process
 * @param phase {@code Starting} or {@code Ready}
 * @param apiUrl empty until it listens
 * @param dashboardUrl empty until it listens; holds no token
 * @param runtime what runs containers here, in one line
 * @param runtimeEndpoint where the runtime is that was named; empty for the built-in one
 * @param started when, RFC 3339
 * @param longestStopSeconds how long its end may take, with the grace its pods are given
 */
public record ProcessState(
    long pid,
    String phase,
    String apiUrl,
    String dashboardUrl,
    String runtime,
    String runtimeEndpoint,
    String started,
    long longestStopSeconds) {

  private static Path file(Path dataDir) {
    return dataDir.resolve("run").resolve("process.json");
  }

  public static Optional<ProcessState> read(Path dataDir) {
    try {
      ObjectNode node = Json.parseObject(Files.readAllBytes(file(dataDir)));
      return Optional.of(
          new ProcessState(
              node.path("pid").asLong(),
              node.path("phase").asText(),
              node.path("apiUrl").asText(),
              node.path("dashboardUrl").asText(),
              node.path("runtime").asText(),
              node.path("runtimeEndpoint").asText(),
              node.path("started").asText(),
              node.path("longestStopSeconds").asLong()));
    } catch (IOException | StatusException e) {
      return Optional.empty();
    }
  }

  public void write(Path dataDir) throws IOException {
    ObjectNode node = Json.object();
    node.put("pid", pid).put("phase", phase).put("apiUrl", apiUrl);
    node.put("dashboardUrl", dashboardUrl).put("runtime", runtime).put("started", started);
    node.put("runtimeEndpoint", runtimeEndpoint);
    node.put("longestStopSeconds", longestStopSeconds);
    Path draft = file(dataDir).resolveSibling("process.json.tmp");
    Files.write(draft, Json.bytes(node));
    Files.move(
        draft, file(dataDir), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  public static void delete(Path dataDir) throws IOException {
    Files.deleteIfExists(file(dataDir));
  }
}
