package dev.coracle.kubelet.internal.eviction;

import dev.coracle.cri.v1.FilesystemUsage;
import dev.coracle.cri.v1.ImageFsInfoResponse;
import dev.coracle.kubelet.config.EvictionSignal;
import dev.coracle.kubelet.config.EvictionThreshold.Observation;
import dev.coracle.kubelet.internal.host.Native;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks at memory, at process ids, and at the file systems of the kubelet, of the runtime's images
 * and of containers' writable layers.
 */
final class NodeRoom implements EvictionManager.Observer {

  /** Where the runtime keeps what; asked once. */
  private record FileSystems(Path images, Path containers) {}

  private final RuntimeService runtime;
  private final Path nodeFs;
  private final long memoryCapacity = Machine.read().memoryBytes();
  private @Nullable FileSystems known;

  NodeRoom(RuntimeService runtime, Path nodeFs) {
    this.runtime = runtime;
    this.nodeFs = nodeFs;
  }

  @Override
  public Map<EvictionSignal, Observation> look() {
    Map<EvictionSignal, Observation> seen = new EnumMap<>(EvictionSignal.class);
    seen.put(
        EvictionSignal.MEMORY_AVAILABLE,
        new Observation(Machine.memoryAvailable(), memoryCapacity));
    Machine.processIds()
        .ifPresent(ids ->
            seen.put(
                EvictionSignal.PID_AVAILABLE,
                new Observation(ids.most() - ids.used(), ids.most())));
    put(seen, nodeFs, EvictionSignal.NODEFS_AVAILABLE, EvictionSignal.NODEFS_INODES_FREE);
    FileSystems there = fileSystems();
    put(seen, there.images, EvictionSignal.IMAGEFS_AVAILABLE, EvictionSignal.IMAGEFS_INODES_FREE);
    put(
        seen,
        there.containers,
        EvictionSignal.CONTAINERFS_AVAILABLE,
        EvictionSignal.CONTAINERFS_INODES_FREE);
    return seen;
  }

  private static void put(
      Map<EvictionSignal, Observation> seen,
      Path path,
      EvictionSignal space,
      EvictionSignal inodes) {
    try {
      Native.FileSystemRoom room = Native.room(path);
      seen.put(space, new Observation(room.free(), room.bytes()));
      seen.put(inodes, new Observation(room.inodesFree(), room.inodes()));
    } catch (IOException e) {
      // Not there yet, or gone: nothing is known of it.
    }
  }

  /** The file system of the images; empty while it cannot be asked. */
  Optional<Native.FileSystemRoom> images() {
    try {
      return Optional.of(Native.room(fileSystems().images));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Whether images have a file system of their own. */
  boolean hasImageFs() {
    return !isSame(nodeFs, fileSystems().images);
  }

  /** Whether containers' writable layers lie with the images. */
  boolean containersOnImageFs() {
    FileSystems there = fileSystems();
    return isSame(there.images, there.containers);
  }

  private static boolean isSame(Path a, Path b) {
    try {
      return Files.getFileStore(a).equals(Files.getFileStore(b));
    } catch (IOException e) {
      return true;
    }
  }

  private synchronized FileSystems fileSystems() {
    FileSystems found = known;
    if (found != null) {
      return found;
    }
    try {
      ImageFsInfoResponse info = runtime.imageFsInfo();
      Path images = directory(info.getImageFilesystemsList()).orElse(nodeFs);
      found = new FileSystems(images, directory(info.getContainerFilesystemsList()).orElse(images));
      known = found;
      return found;
    } catch (CriException e) {
      return new FileSystems(nodeFs, nodeFs); // Asked again next time.
    }
  }

  private static Optional<Path> directory(List<FilesystemUsage> all) {
    return all.stream()
        .map(fs -> Path.of(fs.getFsId().getMountpoint()))
        .filter(at -> at.isAbsolute() && Files.isDirectory(at))
        .findFirst();
  }
}
