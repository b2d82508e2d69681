package dev.coracle.criruntime.internal.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files without a name, in memory; gone with their last descriptor. */
public final class MemoryFile {
  private static final int CLOSE_ON_EXEC = 1;
  private static final int ALLOW_SEALING = 2;

  private MemoryFile() {}

  /**
   * @param name only seen under {@code /proc}
   * @return a descriptor of a file that holds the bytes
   */
  public static int of(String name, byte[] bytes) throws IOException {
    int fd;
    try (Arena arena = Arena.ofConfined()) {
      fd =
          (int)
              Native.check(
                  "memfd_create",
                  Sys.MEMFD_CREATE,
                  Native.cString(arena, name).address(),
                  CLOSE_ON_EXEC | ALLOW_SEALING);
    }
    try {
      Files.write(path(fd), bytes);
      return fd;
    } catch (IOException e) {
      Fd.close(fd);
      throw e;
    }
  }

  /** Under which processes of this PID namespace find what is behind one of our descriptors. */
  public static Path path(int fd) {
    return Path.of("/proc/" + ProcessHandle.current().pid() + "/fd/" + fd);
  }
}
