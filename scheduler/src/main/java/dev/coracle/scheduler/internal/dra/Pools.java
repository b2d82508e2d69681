package dev.coracle.scheduler.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.spi.NodeTerms;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The devices that ResourceSlices tell of: of each pool only its newest generation, and that only
 * when all its slices are there.
 */
final class Pools {

  private Pools() {}

  static List<Candidate> on(KubeObject node, Collection<KubeObject> slices) {
    Map<String, List<KubeObject>> pools = new TreeMap<>();
    for (KubeObject slice : slices) {
      pools
          .computeIfAbsent(
              slice.text("spec", "driver") + "/" + slice.text("spec", "pool", "name"),
              _ -> new ArrayList<>())
          .add(slice);
    }
    List<Candidate> out = new ArrayList<>();
    for (List<KubeObject> pool : pools.values()) {
      long newest = pool.stream().mapToLong(Pools::generation).max().orElse(0);
      List<KubeObject> current = pool.stream().filter(s -> generation(s) == newest).toList();
      if (current.size() == current.getFirst().at("spec", "pool", "resourceSliceCount").asInt(1)) {
        current.stream()
            .sorted(Comparator.comparing(KubeObject::name))
            .forEach(slice -> add(slice, node, out));
      }
    }
    return out;
  }

  private static long generation(KubeObject slice) {
    return slice.at("spec", "pool", "generation").asLong(0);
  }

  private static void add(KubeObject slice, KubeObject node, List<Candidate> out) {
    JsonNode spec = slice.at("spec");
    boolean each = spec.path("perDeviceNodeSelection").asBoolean(false);
    if (!each && !reaches(spec, node)) {
      return;
    }
    for (JsonNode device : spec.path("devices")) {
      // Devices that share counters with others are not understood, and so never given.
      if ((!each || reaches(device, node)) && device.path("consumesCounters").isEmpty()) {
        out.add(
            new Candidate(
                spec.path("driver").asText(""),
                spec.path("pool").path("name").asText(""),
                device,
                each ? device : spec));
      }
    }
  }

  static boolean reaches(JsonNode where, KubeObject node) {
    return where.path("allNodes").asBoolean(false)
        || where.path("nodeName").asText("").equals(node.name())
        || (where.path("nodeSelector").isObject()
            && NodeTerms.of(where.path("nodeSelector")).matches(node));
  }
}
