package dev.coracle.kubelet.server.stats;

import dev.coracle.api.ExpositionText;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Renders {@code kubelet_volume_stats_*}: how full the volumes of claims are. */
public final class VolumeMetrics {
  private static final String PREFIX = "kubelet_volume_stats_";

  private VolumeMetrics() {}

  /** The volumes of one pod. */
  public record PodVolumes(String namespace, List<VolumeStats> volumes) {
    public PodVolumes {
      volumes = List.copyOf(volumes);
    }
  }

  /** Prometheus text; nothing where no pod has a claim's volume. */
  public static String render(List<PodVolumes> pods) {
    ExpositionText out =
        new ExpositionText()
            .gauge(PREFIX + "capacity_bytes", "[ALPHA] Capacity in bytes of the volume")
            .gauge(PREFIX + "available_bytes", "[ALPHA] Number of available bytes in the volume")
            .gauge(PREFIX + "used_bytes", "[ALPHA] Number of used bytes in the volume")
            .gauge(PREFIX + "inodes", "[ALPHA] Maximum number of inodes in the volume")
            .gauge(PREFIX + "inodes_free", "[ALPHA] Number of free inodes in the volume")
            .gauge(PREFIX + "inodes_used", "[ALPHA] Number of used inodes in the volume");
    Set<String> told = new HashSet<>();
    for (PodVolumes pod : pods) {
      for (VolumeStats volume : pod.volumes()) {
        String claim = volume.claimName();
        // A claim that several pods use is told once.
        if (claim == null || !told.add(pod.namespace() + "/" + claim)) {
          continue;
        }
        String[] labels = {"namespace", pod.namespace(), "persistentvolumeclaim", claim};
        FsStats fs = volume.fs();
        out.sampleAt(PREFIX + "capacity_bytes", fs.capacityBytes(), null, labels);
        out.sampleAt(PREFIX + "available_bytes", fs.availableBytes(), null, labels);
        out.sampleAt(PREFIX + "used_bytes", fs.usedBytes(), null, labels);
        out.sampleAt(PREFIX + "inodes", fs.inodes(), null, labels);
        out.sampleAt(PREFIX + "inodes_free", fs.inodesFree(), null, labels);
        out.sampleAt(PREFIX + "inodes_used", fs.inodesUsed(), null, labels);
      }
    }
    return out.toString();
  }
}
