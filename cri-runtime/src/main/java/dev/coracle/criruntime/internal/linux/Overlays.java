package dev.coracle.criruntime.internal.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** What overlayfs writes down beside the files of a layer (kernel docs, "Overlay Filesystem"). */
public final class Overlays {
  private Overlays() {}

  /** Whether nothing of the layers below is seen through this directory. */
  public static boolean isOpaque(Path directory) {
    if (!Native.isAvailable()) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(4);
      return Native.call(
              Sys.LGETXATTR,
              Native.cString(arena, directory.toString()).address(),
              Native.cString(arena, "trusted.overlay.opaque").address(),
              value.address(),
              4)
          > 0;
    }
  }
}
