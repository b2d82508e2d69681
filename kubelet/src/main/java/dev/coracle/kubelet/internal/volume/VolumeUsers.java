package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.internal.csi.CsiVolumes;
import dev.coracle.kubelet.internal.host.KeyedLocks;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;

/**
 * Which other pods of this node have a PersistentVolume. That is told by what stands in their
 * directories, so that a later kubelet knows it, too. Safe for any thread; blocks.
 */
final class VolumeUsers {
  private static final String ONE_POD = "ReadWriteOncePod";

  private final PodPaths paths;
  private final CsiVolumes csi;
  private final KeyedLocks locks = new KeyedLocks();

  VolumeUsers(PodPaths paths, CsiVolumes csi) {
    this.paths = paths;
    this.csi = csi;
  }

  /** Does the work while no other pod gets or shares the volume. */
  <T> T alone(KubeObject volume, KeyedLocks.Work<T, IOException> work) throws IOException {
    return locks.with(volume.name(), work);
  }

  /** Whether a volume is for one pod, and there is no other way to use it (KEP-2485). */
  static boolean isForOnePod(KubeObject volume) {
    JsonNode modes = volume.at("spec", "accessModes");
    return modes.size() == 1 && modes.path(0).asText("").equals(ONE_POD);
  }

  /**
   * Whether another pod has the volume, or may have.
   *
   * @param plugin the directory of volumes of its kind, as {@code kubernetes.io~local-volume}
   * @param block whether pods have it as a device
   */
  boolean hasOther(Pod pod, KubeObject volume, String plugin, boolean block) throws IOException {
    String name = volume.name();
    if (volume.at("spec", "csi").isObject()) {
      return block ? csi.devices().isMappedElsewhere(name, pod.uid()) : csi.isElsewhere(pod, name);
    }
    for (String uid : paths.known()) {
      boolean has =
          block
              ? Files.isSymbolicLink(paths.volumeDevice(uid, plugin, name))
              : Files.isDirectory(paths.volume(uid, plugin, name), LinkOption.NOFOLLOW_LINKS);
      if (has && !uid.equals(pod.uid())) {
        return true;
      }
    }
    return false;
  }
}
