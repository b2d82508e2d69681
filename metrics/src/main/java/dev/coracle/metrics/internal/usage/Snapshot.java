package dev.coracle.metrics.internal.usage;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Usage as of the last round; immutable.
 *
 * @param nodes by name
 * @param pods by namespace/name, then by container
 */
public record Snapshot(Map<String, Usage> nodes, Map<String, Map<String, Usage>> pods) {

  public static final Snapshot EMPTY = new Snapshot(Map.of(), Map.of());

  /**
   * @param before the round before the last, by node; nodes may be missing
   */
  static Snapshot of(Map<String, NodeSamples> before, Map<String, NodeSamples> now) {
    Map<String, Usage> nodes = new HashMap<>();
    Map<String, Map<String, Usage>> pods = new HashMap<>();
    now.forEach((name, samples) -> {
      @Nullable NodeSamples old = before.get(name);
      Usage.between(old == null ? null : old.node(), samples.node())
          .ifPresent(usage -> nodes.put(name, usage));
      samples
          .containers()
          .forEach((key, sample) -> {
            int slash = key.lastIndexOf('/');
            @Nullable Sample first = old == null ? null : old.containers().get(key);
            Usage.between(first, sample)
                .ifPresent(usage ->
                    pods.computeIfAbsent(key.substring(0, slash), _ -> new TreeMap<>())
                        .put(key.substring(slash + 1), usage));
          });
    });
    return new Snapshot(nodes, pods);
  }
}
