package dev.coracle.kubelet.internal.eviction;

import dev.coracle.cri.v1.FilesystemUsage;
import dev.coracle.kubelet.internal.host.Native;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Looks at memory and at the file systems of the kubelet and of the runtime's images. */
final class NodeRoom implements EvictionManager.Observer {
  private final RuntimeService runtime;
  private final Path nodeFs;
  private final long memoryCapacity = Machine.read().memoryBytes();
  private @Nullable Path imageFs;

  NodeRoom(RuntimeService runtime, Path nodeFs) {
    this.runtime = runtime;
    this.nodeFs = nodeFs;
  }

  @Override
  public Map<Signal, Threshold.Observation> look() {
    Map<Signal, Threshold.Observation> seen = new EnumMap<>(Signal.class);
    seen.put(
        Signal.MEMORY_AVAILABLE,
        new Threshold.Observation(Machine.memoryAvailable(), memoryCapacity));
    put(seen, nodeFs, Signal.NODEFS_AVAILABLE, Signal.NODEFS_INODES_FREE);
    put(seen, images(), Signal.IMAGEFS_AVAILABLE, Signal.IMAGEFS_INODES_FREE);
    return seen;
  }

  private static void put(
      Map<Signal, Threshold.Observation> seen, Path path, Signal space, Signal inodes) {
    try {
      Native.FileSystemRoom room = Native.room(path);
      seen.put(space, new Threshold.Observation(room.free(), room.bytes()));
      seen.put(inodes, new Threshold.Observation(room.inodesFree(), room.inodes()));
    } catch (IOException e) {
      // Not there yet, or gone: nothing is known of it.
    }
  }

  /** How much of the images' file system is free, of a hundred. */
  int imagesFreePercent() {
    try {
      Native.FileSystemRoom room = Native.room(images());
      return room.bytes() == 0 ? 100 : (int) (room.free() * 100 / room.bytes());
    } catch (IOException e) {
      return 100;
    }
  }

  /** Where images are, as the runtime says; asked once. */
  private synchronized Path images() {
    Path known = imageFs;
    if (known != null) {
      return known;
    }
    Path found = nodeFs;
    try {
      for (FilesystemUsage fs : runtime.imageFsInfo().getImageFilesystemsList()) {
        Path at = Path.of(fs.getFsId().getMountpoint());
        if (at.isAbsolute() && Files.isDirectory(at)) {
          found = at;
        }
      }
      imageFs = found;
    } catch (CriException e) {
      return nodeFs; // Asked again next time.
    }
    return found;
  }
}
