package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.internal.host.KeyedLocks;
import dev.coracle.kubelet.internal.host.Mounts;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Local volumes that are block devices, for pods that want them as file systems (Kubernetes docs,
 * "local"). A device is mounted once on the node, for all pods that have it, and unmounted after
 * the last one. Which pods have it is told by their directories, so that a later kubelet knows,
 * too.
 */
final class LocalDevices {
  private static final String DEFAULT_TYPE = "ext4";

  private final PodPaths paths;
  private final DiskTools disks = new DiskTools();
  private final KeyedLocks locks = new KeyedLocks();

  LocalDevices(PodPaths paths) {
    this.paths = paths;
  }

  /**
   * Where the device of this volume is mounted.
   *
   * @param directory the pod's own for this volume
   */
  Path mount(Pod pod, KubeObject volume, Path directory) throws IOException {
    return locks.<Path, IOException>with(
        volume.name(),
        () -> {
          Files.createDirectories(directory);
          Path at = staging(volume.name());
          if (Mounts.below(at).isEmpty()) {
            Files.createDirectories(at);
            JsonNode local = volume.at("spec", "local");
            Path device = Path.of(local.path("path").asText(""));
            String type = type(local);
            try {
              disks.mount(device, at, type, options(volume));
            } catch (IOException e) {
              Files.deleteIfExists(directory);
              throw new VolumePlugin.SetUpException(
                  "MountVolume.MountDevice",
                  volume.name(),
                  "local: failed to mount device %s at %s (fstype: %s), error %s"
                      .formatted(device, at, type, e.getMessage()));
            }
          }
          return at;
        });
  }

  private static List<String> options(KubeObject volume) {
    List<String> out = new ArrayList<>();
    volume.at("spec", "mountOptions").forEach(o -> out.add(o.asText()));
    return out;
  }

  /** Takes back what a pod had at its directory. */
  void unmount(Path directory) throws IOException {
    String name = directory.getFileName().toString();
    Path at = staging(name);
    locks.<Boolean, IOException>with(
        name,
        () -> {
          Mounts.detachBelow(directory);
          Files.deleteIfExists(directory);
          if (Files.isDirectory(at) && !isUsed(directory)) {
            Mounts.detachBelow(at);
            Files.deleteIfExists(at);
          }
          return Boolean.TRUE;
        });
  }

  /** Has the file system fill its device, where the volume is one. */
  void grow(KubeObject volume) throws IOException {
    Path device = Path.of(volume.text("spec", "local", "path"));
    if (DeviceLinks.isBlockDevice(device)) {
      locks.<Boolean, IOException>with(
          volume.name(),
          () -> {
            disks.grow(device, staging(volume.name()));
            return Boolean.TRUE;
          });
    }
  }

  private boolean isUsed(Path directory) throws IOException {
    String plugin = Objects.requireNonNull(directory.getParent()).getFileName().toString();
    String name = directory.getFileName().toString();
    for (String uid : paths.known()) {
      if (Files.isDirectory(paths.volume(uid, plugin, name))) {
        return true;
      }
    }
    return false;
  }

  private Path staging(String volume) {
    return paths.root().resolve("plugins/kubernetes.io/local-volume/mounts").resolve(volume);
  }

  /** Clients of older versions send an empty one for none. */
  static String type(JsonNode local) {
    String named = local.path("fsType").asText("");
    return named.isEmpty() ? DEFAULT_TYPE : named;
  }
}
