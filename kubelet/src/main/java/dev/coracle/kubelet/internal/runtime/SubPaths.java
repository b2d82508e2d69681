package dev.coracle.kubelet.internal.runtime;

import dev.coracle.kubelet.internal.host.Mounts;
import dev.coracle.kubelet.internal.host.Native;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.SafeOpen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Parts of volumes. What a container gets is bound to a place of the kubelet's own first, from a
 * descriptor that was reached without following links: containers that share the volume could
 * otherwise exchange the path for a link into the host between the check and the mount
 * (CVE-2017-1002101, CVE-2021-25741). Without root there is nothing to protect, and the path itself
 * is used.
 */
final class SubPaths {
  private final PodPaths paths;

  SubPaths(PodPaths paths) {
    this.paths = paths;
  }

  /** Where the part of the volume stands that a container is to see. */
  record Part(
      String podUid, String container, int index, String volume, Path root, String subPath) {}

  /**
   * @param create make the directory when it is missing, with the volume's permissions
   */
  Path of(Part part, boolean create) throws IOException {
    Path relative = Path.of(part.subPath()).normalize();
    Path root = part.root().toRealPath();
    Path target = root.resolve(relative);
    if (Files.exists(target)) {
      // Links within the volume are fine: those of configMaps lead through ..data.
      Path real = target.toRealPath();
      if (!real.startsWith(root)) {
        throw new IOException("subPath \"" + part.subPath() + "\" leads out of its volume");
      }
      relative = root.relativize(real);
    } else if (!create || Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(part.subPath() + " does not exist");
    }
    int mode = (int) Files.getAttribute(root, "unix:mode") & 07777;
    boolean fresh = !Files.exists(target);
    try (SafeOpen open = SafeOpen.below(root, relative, create ? mode : -1)) {
      if (fresh) {
        Files.setAttribute(open.path(), "unix:mode", mode); // Whatever the umask has taken away.
      }
      return bound(part, open, root.resolve(relative));
    }
  }

  private Path bound(Part part, SafeOpen open, Path direct) throws IOException {
    Path place =
        paths
            .subPaths(part.podUid())
            .resolve(part.volume())
            .resolve(part.container())
            .resolve(Integer.toString(part.index()));
    if (Mounts.below(place).contains(place)) {
      if (Files.isSameFile(place, open.path())) {
        return place;
      }
      Native.unmount(place); // As when a configMap has changed since the container's last start.
    }
    Files.deleteIfExists(place); // It may have been a file, and be a directory now.
    Files.createDirectories(Objects.requireNonNull(place.getParent()));
    if (Files.isDirectory(open.path())) {
      Files.createDirectories(place);
    } else {
      Files.createFile(place);
    }
    try {
      Native.bind(open.path(), place);
      return place;
    } catch (IOException e) {
      if ("root".equals(System.getProperty("user.name"))) {
        throw e;
      }
      return direct;
    }
  }
}
