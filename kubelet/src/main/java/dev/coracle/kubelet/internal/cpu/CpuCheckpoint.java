package dev.coracle.kubelet.internal.cpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.config.CpuSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Who holds which CPUs, kept in the file {@code cpu_manager_state} under upstream's names, since
 * the containers outlive the kubelet. The checksum is of another kind than upstream's.
 */
final class CpuCheckpoint {
  /**
   * @param shared the CPUs of all who have none of their own
   * @param held by the pod's uid and the container's name
   */
  record State(String policy, CpuSet shared, Map<String, Map<String, CpuSet>> held) {
    State {
      held = Map.copyOf(held);
    }
  }

  private final Path file;

  CpuCheckpoint(Path file) {
    this.file = file;
  }

  Path file() {
    return file;
  }

  void write(State state) throws IOException {
    ObjectNode out = Json.object();
    out.put("policyName", state.policy()).put("defaultCpuSet", state.shared().toString());
    ObjectNode entries = out.putObject("entries");
    new TreeMap<>(state.held())
        .forEach((uid, containers) -> {
          ObjectNode pod = entries.putObject(uid);
          new TreeMap<>(containers).forEach((name, cpus) -> pod.put(name, cpus.toString()));
        });
    out.put("checksum", checksum(out));
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Path next = file.resolveSibling(file.getFileName() + ".tmp");
    Files.write(next, Json.bytes(out));
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * @return empty where nothing is written
   * @throws IOException what is written is no state
   */
  Optional<State> read() throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      ObjectNode whole = Json.parseObject(Files.readString(file)).deepCopy();
      JsonNode sum = whole.remove("checksum");
      if (sum == null || sum.asLong() != checksum(whole)) {
        throw new IOException("checkpoint is corrupted");
      }
      Map<String, Map<String, CpuSet>> held = new TreeMap<>();
      for (Map.Entry<String, JsonNode> pod : whole.path("entries").properties()) {
        Map<String, CpuSet> containers = new TreeMap<>();
        pod.getValue()
            .properties()
            .forEach(c -> containers.put(c.getKey(), CpuSet.parse(c.getValue().asText())));
        held.put(pod.getKey(), containers);
      }
      return Optional.of(
          new State(
              whole.path("policyName").asText(),
              CpuSet.parse(whole.path("defaultCpuSet").asText()),
              held));
    } catch (RuntimeException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static long checksum(JsonNode data) {
    CRC32 crc = new CRC32();
    crc.update(Json.bytes(data));
    return crc.getValue();
  }
}
