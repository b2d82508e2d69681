package dev.coracle.kubelet.internal.serving;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.TreeUse;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.server.stats.VolumeStats;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What pods have of the node's own file system. Logs are measured again after a minute, as volumes
 * are. Blocks on the disk; thread-safe.
 */
final class PodDisk {
  private static final Duration KEPT = Duration.ofMinutes(1);

  private record Known(Instant since, Map<String, TreeUse> logs) {}

  private final PodPaths paths;
  private final Clock clock;
  private final Map<String, Known> known = new ConcurrentHashMap<>();

  PodDisk(PodPaths paths, Clock clock) {
    this.paths = paths;
    this.clock = clock;
  }

  /** By container. */
  Map<String, TreeUse> logs(Pod pod) {
    Instant now = clock.instant();
    Known before = known.get(pod.uid());
    if (before != null && Duration.between(before.since, now).compareTo(KEPT) < 0) {
      return before.logs;
    }
    Map<String, TreeUse> out = new HashMap<>();
    pod.allContainers()
        .forEach(c -> out.put(c.name(), TreeUse.of(paths.podLogs(pod).resolve(c.name()))));
    known.put(pod.uid(), new Known(now, Map.copyOf(out)));
    return out;
  }

  /**
   * Its local ephemeral storage: logs, writable layers and volumes that end with it.
   *
   * @param layers of all its containers
   */
  TreeUse ephemeral(Pod pod, TreeUse layers, List<VolumeStats> volumes) {
    TreeUse sum = layers;
    for (TreeUse logs : logs(pod).values()) {
      sum = sum.plus(logs);
    }
    for (JsonNode volume : pod.spec().path("volumes")) {
      if (isEphemeral(volume)) {
        for (VolumeStats v : volumes) {
          Long bytes = v.fs().usedBytes();
          Long inodes = v.fs().inodesUsed();
          if (v.name().equals(volume.path("name").asText("")) && bytes != null && inodes != null) {
            sum = sum.plus(new TreeUse(bytes, inodes));
          }
        }
      }
    }
    return sum.plus(TreeUse.of(paths.hostsFile(pod.uid())));
  }

  private static boolean isEphemeral(JsonNode volume) {
    JsonNode emptyDir = volume.path("emptyDir");
    return emptyDir.isObject() && emptyDir.path("medium").asText("").isEmpty()
        || volume.path("configMap").isObject();
  }

  /** Forgets all others. */
  void retain(Set<String> uids) {
    known.keySet().retainAll(uids);
  }
}
