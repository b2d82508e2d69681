package dev.coracle.kubelet.internal.memory;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.internal.host.CheckpointFile;
import dev.coracle.kubelet.internal.topology.NumaMask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Who holds which memory, kept in the file {@code memory_manager_state} under upstream's names,
 * since the containers outlive the kubelet.
 */
final class MemoryCheckpoint {
  /**
   * @param machine what the nodes had, by node and type
   * @param held by the pod's uid and the container's name
   */
  record State(
      String policy,
      Map<Integer, Map<String, NodeMemory>> machine,
      Map<String, Map<String, List<MemoryBlock>>> held) {
    State {
      machine = Map.copyOf(machine);
      held = Map.copyOf(held);
    }

    List<MemoryBlock> blocks() {
      return held.values().stream()
          .flatMap(pod -> pod.values().stream())
          .flatMap(List::stream)
          .toList();
    }
  }

  private final CheckpointFile file;

  MemoryCheckpoint(Path file) {
    this.file = new CheckpointFile(file);
  }

  CheckpointFile file() {
    return file;
  }

  void write(State state) throws IOException {
    ObjectNode out = Json.object();
    out.put("policyName", state.policy());
    ObjectNode nodes = out.putObject("machineState");
    MemoryRoom room = new MemoryRoom(state.machine(), state.blocks());
    new TreeMap<>(state.machine())
        .forEach((node, types) -> {
          ObjectNode one = nodes.putObject(Integer.toString(node));
          one.put("numberOfAssignments", room.holders(node));
          ObjectNode map = one.putObject("memoryMap");
          new TreeMap<>(types)
              .forEach((type, memory) ->
                  map.putObject(type)
                      .put("total", memory.total())
                      .put("systemReserved", memory.reserved())
                      .put("allocatable", memory.allocatable())
                      .put("reserved", room.taken(node, type))
                      .put("free", room.free(node, type)));
          room.group(node).nodes().forEach(one.putArray("cells")::add);
        });
    ObjectNode entries = out.putObject("entries");
    new TreeMap<>(state.held())
        .forEach((uid, containers) -> {
          ObjectNode pod = entries.putObject(uid);
          new TreeMap<>(containers).forEach((name, blocks) -> write(pod.putArray(name), blocks));
        });
    file.write(out);
  }

  private static void write(ArrayNode out, List<MemoryBlock> blocks) {
    for (MemoryBlock block : blocks) {
      ObjectNode one = out.addObject();
      block.nodes().nodes().forEach(one.putArray("numaAffinity")::add);
      one.put("type", block.type()).put("size", block.size());
    }
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
      Map<Integer, Map<String, NodeMemory>> machine = new TreeMap<>();
      for (Map.Entry<String, JsonNode> node : whole.path("machineState").properties()) {
        Map<String, NodeMemory> types = new TreeMap<>();
        for (Map.Entry<String, JsonNode> e : node.getValue().path("memoryMap").properties()) {
          types.put(
              e.getKey(),
              new NodeMemory(
                  e.getValue().path("total").asLong(),
                  e.getValue().path("systemReserved").asLong(),
                  e.getValue().path("allocatable").asLong()));
        }
        machine.put(Integer.parseInt(node.getKey()), types);
      }
      Map<String, Map<String, List<MemoryBlock>>> held = new TreeMap<>();
      for (Map.Entry<String, JsonNode> pod : whole.path("entries").properties()) {
        Map<String, List<MemoryBlock>> containers = new TreeMap<>();
        pod.getValue().properties().forEach(c -> containers.put(c.getKey(), read(c.getValue())));
        held.put(pod.getKey(), containers);
      }
      State state = new State(whole.path("policyName").asText(), machine, held);
      MemoryRoom unused = new MemoryRoom(machine, state.blocks()); // Throws if it cannot be.
      return Optional.of(state);
    } catch (RuntimeException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static List<MemoryBlock> read(JsonNode list) {
    List<MemoryBlock> out = new ArrayList<>();
    for (JsonNode block : list) {
      List<Integer> nodes = new ArrayList<>();
      block.path("numaAffinity").forEach(n -> nodes.add(n.asInt()));
      long size = block.path("size").asLong();
      if (size < 0) {
        throw new IllegalArgumentException("a memory block of " + size + " bytes");
      }
      out.add(new MemoryBlock(block.path("type").asText(), size, NumaMask.of(nodes)));
    }
    return out;
  }
}
