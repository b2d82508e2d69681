package dev.coracle.kubelet.internal.csi;

import dev.coracle.csi.v1.NodeGetVolumeStatsRequest;
import dev.coracle.csi.v1.NodeServiceCapability.RPC.Type;
import dev.coracle.csi.v1.VolumeUsage;
import dev.coracle.kubelet.internal.host.PodPaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** How full drivers' volumes are, by the drivers that tell (GET_VOLUME_STATS). Blocks. */
public final class CsiUsage {
  private final CsiVolumes volumes;
  private final PodPaths paths;

  public CsiUsage(CsiVolumes volumes, PodPaths paths) {
    this.volumes = volumes;
    this.paths = paths;
  }

  /**
   * Nothing for a volume of no driver, and where the driver does not tell.
   *
   * @param at where a pod has it: a published directory, or the link to a device
   */
  public List<VolumeUsage> of(Path at) throws IOException {
    Path parent = Objects.requireNonNull(at.getParent());
    boolean device = Files.isSymbolicLink(at) && parent.endsWith(CsiPaths.DIRECTORY);
    Optional<PublishedVolume> known =
        PublishedVolume.read(
            device ? CsiPaths.deviceData(paths.root(), String.valueOf(at.getFileName())) : parent);
    if (known.isEmpty()) {
      return List.of();
    }
    PublishedVolume volume = known.get();
    CsiDriver driver = volumes.driver(volume.driver());
    if (!driver.can(Type.GET_VOLUME_STATS)) {
      return List.of();
    }
    Path published = device ? Files.readSymbolicLink(at) : at;
    return driver
        .stats(
            NodeGetVolumeStatsRequest.newBuilder()
                .setVolumeId(volume.handle())
                .setVolumePath(published.toString())
                .build())
        .getUsageList();
  }
}
