package dev.coracle.kubelet.internal.serving;

import dev.coracle.kubelet.internal.host.Native;
import dev.coracle.kubelet.internal.host.Native.FileSystemRoom;
import dev.coracle.kubelet.internal.host.TreeUse;
import dev.coracle.kubelet.server.stats.FsStats;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A file system at a time: as a whole, or what somebody has of it. */
record FsRoom(FileSystemRoom room, Instant time) {

  /** That which holds the path; empty where it is not there. */
  static Optional<FsRoom> of(Path path, Instant now) {
    try {
      return Optional.of(new FsRoom(Native.room(path), now));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  FsStats whole() {
    return taken(room.used(), room.inodes() - room.inodesFree());
  }

  FsStats taken(TreeUse use) {
    return taken(use.bytes(), use.inodes());
  }

  FsStats taken(@Nullable Long bytes, @Nullable Long inodes) {
    return new FsStats(
        time, room.free(), room.bytes(), bytes, room.inodesFree(), room.inodes(), inodes);
  }
}
