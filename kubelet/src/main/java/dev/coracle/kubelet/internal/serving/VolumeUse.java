package dev.coracle.kubelet.internal.serving;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.csi.v1.VolumeUsage;
import dev.coracle.kubelet.internal.host.TreeUse;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.internal.volume.DeviceLinks;
import dev.coracle.kubelet.server.stats.FsStats;
import dev.coracle.kubelet.server.stats.VolumeStats;
import dev.coracle.kubelet.spi.CriException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How full volumes are: those of claims and the emptyDirs in memory by their driver where it tells
 * that, by their file system, or by the size of their device; what else lies in a pod's own
 * directories by its files. Asked again after a minute, as upstream does. Blocks; thread-safe.
 */
public final class VolumeUse {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeUse.class);
  private static final Duration KEPT = Duration.ofMinutes(1);

  /** What a volume's driver says; nothing for a volume of no driver, or of a silent one. */
  @FunctionalInterface
  public interface Drivers {
    List<VolumeUsage> of(Path at) throws IOException;
  }

  /** Volumes that share the node's file system with everything else. */
  private static final List<String> OWN_FILES =
      List.of("emptyDir", "configMap", "secret", "downwardAPI", "projected");

  private record Known(Instant since, List<VolumeStats> volumes) {}

  private final Function<String, Map<String, Mounted>> standing;
  private final Drivers drivers;
  private final Clock clock;
  private final Map<String, Known> known = new ConcurrentHashMap<>();

  /**
   * @param standing the volumes that a pod has, by its uid
   */
  public VolumeUse(Function<String, Map<String, Mounted>> standing, Drivers drivers, Clock clock) {
    this.standing = standing;
    this.drivers = drivers;
    this.clock = clock;
  }

  /** The volumes of a pod that can be told of. */
  List<VolumeStats> of(Pod pod) {
    Instant now = clock.instant();
    Known before = known.get(pod.uid());
    if (before != null && Duration.between(before.since, now).compareTo(KEPT) < 0) {
      return before.volumes;
    }
    Map<String, Mounted> mounted = standing.apply(pod.uid());
    List<VolumeStats> out = new ArrayList<>();
    for (JsonNode volume : pod.spec().path("volumes")) {
      String name = volume.path("name").asText("");
      String claim = claim(pod, volume);
      Mounted at = mounted.get(name);
      Path path = at == null ? null : at.path();
      if (at == null || path == null) {
        continue;
      }
      if (claim != null || isMemory(volume)) {
        read(at, now).ifPresent(fs -> out.add(new VolumeStats(name, fs, claim)));
      } else if (OWN_FILES.stream().anyMatch(source -> volume.path(source).isObject())) {
        FsRoom.of(path, now)
            .ifPresent(room -> out.add(new VolumeStats(name, room.taken(TreeUse.of(path)), null)));
      }
    }
    if (!mounted.isEmpty()) {
      known.put(pod.uid(), new Known(now, out));
    }
    return out;
  }

  /** Forgets all other pods. */
  void retain(List<Pod> pods) {
    Set<String> uids = new HashSet<>();
    pods.forEach(p -> uids.add(p.uid()));
    known.keySet().retainAll(uids);
  }

  private static @Nullable String claim(Pod pod, JsonNode volume) {
    if (volume.path("persistentVolumeClaim").isObject()) {
      return volume.path("persistentVolumeClaim").path("claimName").asText("");
    }
    return volume.path("ephemeral").isObject()
        ? pod.name() + "-" + volume.path("name").asText("")
        : null;
  }

  private static boolean isMemory(JsonNode volume) {
    return volume.path("emptyDir").path("medium").asText("").equals("Memory");
  }

  private Optional<FsStats> read(Mounted at, Instant now) {
    Path path = java.util.Objects.requireNonNull(at.path());
    try {
      List<VolumeUsage> told = drivers.of(path);
      if (!told.isEmpty()) {
        return Optional.of(ofDriver(told, now));
      }
      if (at.device()) {
        return Optional.of(new FsStats(now, null, DeviceLinks.bytes(path), null, null, null, null));
      }
      return FsRoom.of(path, now).map(FsRoom::whole);
    } catch (IOException | CriException | IllegalArgumentException e) {
      LOG.atDebug()
          .addKeyValue("path", path)
          .addKeyValue("why", e.getMessage())
          .log("How full a volume is cannot be told");
      return Optional.empty();
    }
  }

  private static FsStats ofDriver(List<VolumeUsage> told, Instant now) {
    Long[] bytes = new Long[3];
    Long[] inodes = new Long[3];
    for (VolumeUsage usage : told) {
      Long[] into =
          switch (usage.getUnit()) {
            case BYTES -> bytes;
            case INODES -> inodes;
            case UNKNOWN, UNRECOGNIZED -> new Long[3];
          };
      into[0] = usage.getAvailable();
      into[1] = usage.getTotal();
      into[2] = usage.getUsed();
    }
    return new FsStats(now, bytes[0], bytes[1], bytes[2], inodes[0], inodes[1], inodes[2]);
  }
}
