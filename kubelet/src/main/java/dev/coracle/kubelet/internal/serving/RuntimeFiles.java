package dev.coracle.kubelet.internal.serving;

import dev.coracle.cri.v1.FilesystemUsage;
import dev.coracle.cri.v1.ImageFsInfoResponse;
import dev.coracle.kubelet.server.stats.FsStats;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The file systems on which the node's and the runtime's things lie, at a time.
 *
 * @param node that of the kubelet's root directory
 * @param images what images take of theirs
 * @param containers what writable layers take of theirs
 * @param layers the whole of that
 */
record RuntimeFiles(
    Optional<FsRoom> node,
    Optional<FsStats> images,
    Optional<FsStats> containers,
    Optional<FsRoom> layers) {

  static RuntimeFiles look(RuntimeService runtime, Path root, Instant now) {
    Optional<FsRoom> node = FsRoom.of(root, now);
    ImageFsInfoResponse info;
    try {
      info = runtime.imageFsInfo();
    } catch (CriException e) {
      return new RuntimeFiles(node, Optional.empty(), Optional.empty(), Optional.empty());
    }
    FilesystemUsage images = first(info.getImageFilesystemsList());
    FilesystemUsage containers = first(info.getContainerFilesystemsList());
    if (containers == null) {
      containers = images; // An older runtime tells of one only, on which both are.
    }
    Optional<FsRoom> layers = roomOf(containers, now);
    return new RuntimeFiles(
        node, stats(images, roomOf(images, now)), stats(containers, layers), layers);
  }

  private static @Nullable FilesystemUsage first(List<FilesystemUsage> all) {
    return all.isEmpty() ? null : all.getFirst();
  }

  private static Optional<FsRoom> roomOf(@Nullable FilesystemUsage of, Instant now) {
    return Optional.ofNullable(of)
        .map(fs -> fs.getFsId().getMountpoint())
        .filter(at -> at.startsWith("/"))
        .flatMap(at -> FsRoom.of(Path.of(at), now));
  }

  private static Optional<FsStats> stats(@Nullable FilesystemUsage use, Optional<FsRoom> room) {
    return use == null ? Optional.empty() : room.map(r -> of(use, r));
  }

  static FsStats of(FilesystemUsage use, FsRoom room) {
    return room.taken(
        use.hasUsedBytes() ? use.getUsedBytes().getValue() : null,
        use.hasInodesUsed() ? use.getInodesUsed().getValue() : null);
  }
}
