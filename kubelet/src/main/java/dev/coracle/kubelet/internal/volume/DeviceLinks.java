package dev.coracle.kubelet.internal.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/** Links to block devices, through which pods have their block volumes. */
public final class DeviceLinks {
  private static final int FORMAT = 0170000;
  private static final int BLOCK = 0060000;

  /** What the kernel counts a device's size in, whatever the device's own sectors are. */
  private static final long SECTOR = 512;

  private DeviceLinks() {}

  /** Whether a path leads to a block device. */
  public static boolean isBlockDevice(Path path) throws IOException {
    return Files.exists(path) && ((int) Files.getAttribute(path, "unix:mode") & FORMAT) == BLOCK;
  }

  /** The size of the device that a path leads to. */
  public static long bytes(Path path) throws IOException {
    long number = (long) Files.getAttribute(path, "unix:rdev");
    long major = (number >> 8) & 0xfff | (number >> 32) & ~0xfffL;
    long minor = number & 0xff | (number >> 12) & ~0xffL;
    Path size = Path.of("/sys/dev/block/" + major + ":" + minor + "/size");
    return Long.parseLong(Files.readString(size).strip()) * SECTOR;
  }

  /**
   * Makes a link lead to a target, which need not exist.
   *
   * @return whether it did not before
   */
  public static boolean point(Path link, Path target) throws IOException {
    if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target)) {
      return false;
    }
    Path directory = Files.createDirectories(Objects.requireNonNull(link.getParent()));
    Path fresh = directory.resolve(link.getFileName() + ".tmp");
    Files.deleteIfExists(fresh);
    Files.createSymbolicLink(fresh, target);
    Files.move(fresh, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return true;
  }
}
