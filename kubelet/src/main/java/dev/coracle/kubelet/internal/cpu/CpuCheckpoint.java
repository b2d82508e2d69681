package dev.coracle.kubelet.internal.cpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.config.CpuSet;
import dev.coracle.kubelet.internal.host.CheckpointFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Who holds which CPUs, kept in the file {@code cpu_manager_state} under upstream's names, since
 * the containers outlive the kubelet.
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

  private final CheckpointFile file;

  CpuCheckpoint(Path file) {
    this.file = new CheckpointFile(file);
  }

  CheckpointFile file() {
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
    file.write(out);
  }

  /**
   * @return empty where nothing is written
   * @throws IOException what is written is no state
   */
  Optional<State> read() throws IOException {
    Optional<ObjectNode> found = file.read();
    if (found.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode whole = found.get();
    try {
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
}
