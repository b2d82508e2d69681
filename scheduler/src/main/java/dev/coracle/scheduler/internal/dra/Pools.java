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
 * when all its slices are there. Pools with devices that pods must wait for come last.
 *
 * @param devices those that the node reaches
 * @param counters of all devices of the pools, since those elsewhere take from them too
 */
record Pools(List<Candidate> devices, Counters counters) {

  static Pools on(KubeObject node, Collection<KubeObject> slices) {
    Map<String, List<KubeObject>> pools = new TreeMap<>();
    for (KubeObject slice : slices) {
      pools
          .computeIfAbsent(
              slice.text("spec", "driver") + "/" + slice.text("spec", "pool", "name"),
              _ -> new ArrayList<>())
          .add(slice);
    }
    List<Candidate> out = new ArrayList<>();
    List<Candidate> awaited = new ArrayList<>();
    Counters counters = new Counters();
    for (Map.Entry<String, List<KubeObject>> named : pools.entrySet()) {
      List<KubeObject> pool = named.getValue();
      long newest = pool.stream().mapToLong(Pools::generation).max().orElse(0);
      List<KubeObject> current = pool.stream().filter(s -> generation(s) == newest).toList();
      if (current.size() == current.getFirst().at("spec", "pool", "resourceSliceCount").asInt(1)) {
        List<Candidate> mine = new ArrayList<>();
        current.stream()
            .sorted(Comparator.comparing(KubeObject::name))
            .forEach(slice -> {
              counters.offer(named.getKey(), slice.at("spec", "sharedCounters"));
              add(slice, node, named.getKey(), counters, mine);
            });
        (mine.stream().anyMatch(Candidate::isAwaited) ? awaited : out).addAll(mine);
      }
    }
    out.addAll(awaited);
    return new Pools(out, counters);
  }

  private static long generation(KubeObject slice) {
    return slice.at("spec", "pool", "generation").asLong(0);
  }

  private static void add(
      KubeObject slice, KubeObject node, String pool, Counters counters, List<Candidate> out) {
    JsonNode spec = slice.at("spec");
    boolean each = spec.path("perDeviceNodeSelection").asBoolean(false);
    boolean here = each || reaches(spec, node);
    for (JsonNode part : spec.path("devices")) {
      Candidate device =
          new Candidate(
              spec.path("driver").asText(""),
              spec.path("pool").path("name").asText(""),
              part,
              each ? part : spec);
      counters.takes(pool, device);
      if (here && (!each || reaches(part, node))) {
        out.add(device);
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
