package dev.coracle.criruntime.internal.container;

import dev.coracle.criruntime.internal.linux.Errno;
import dev.coracle.criruntime.internal.linux.PosixException;
import dev.coracle.criruntime.server.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Why the kernel refused a container's root, where its error number alone leaves one guessing. */
final class OverlayTrouble {

  private OverlayTrouble() {}

  /**
   * An overlay cannot be written on an overlay, which is what a container's own files are on: the
   * kernel calls it an invalid argument.
   */
  static IOException explain(Path directory, PosixException e) throws IOException {
    if (e.errno() != Errno.EINVAL
        || !String.valueOf(e.getMessage()).startsWith("mount overlay")
        || !Files.getFileStore(directory).type().equals("overlay")) {
      return e;
    }
    return new StartException(
        "the container's root cannot be mounted: "
            + directory
            + " lies on an overlay itself; give coracle a --data-dir on another file system (in a"
            + " container, on a volume)",
        e);
  }
}
