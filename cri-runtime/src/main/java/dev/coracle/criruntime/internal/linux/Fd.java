package dev.coracle.criruntime.internal.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/** Operations on raw file descriptors; all descriptors made here are close-on-exec. */
public final class Fd {
  public static final int AT_FDCWD = -100;
  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0x40;
  public static final int O_NOCTTY = 0x100;
  public static final int O_TRUNC = 0x200;
  public static final int O_APPEND = 0x400;
  public static final int O_NONBLOCK = 0x800;
  public static final int O_CLOEXEC = 0x80000;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int S_IFIFO = 0x1000;
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int F_SETPIPE_SZ = 1031;

  private Fd() {}

  public static int open(Path path, int flags) throws PosixException {
    return open(path, flags, 0600);
  }

  public static int open(Path path, int flags, int mode) throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      return (int)
          Native.check(
              "open " + path,
              Sys.OPENAT,
              AT_FDCWD,
              Native.cString(arena, path.toString()).address(),
              flags | O_CLOEXEC,
              mode);
    }
  }

  public static void close(int fd) {
    if (fd >= 0) {
      Native.call(Sys.CLOSE, fd);
    }
  }

  /** {@code {read end, write end}}. */
  public static int[] pipe() throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pair = arena.allocate(8);
      Native.check("pipe", Sys.PIPE2, pair.address(), O_CLOEXEC);
      return new int[] {pair.get(JAVA_INT, 0), pair.get(JAVA_INT, 4)};
    }
  }

  public static void mkfifo(Path path, int mode) throws PosixException {
    mknod(path, S_IFIFO | mode, 0);
  }

  public static void mknod(Path path, int mode, long device) throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      Native.check(
          "mknod " + path,
          Sys.MKNODAT,
          AT_FDCWD,
          Native.cString(arena, path.toString()).address(),
          mode,
          device);
    }
  }

  /**
   * Sets when the path itself was last modified and accessed. Never opens it: to open a FIFO waits
   * for its writer, and to open a device may do something to it.
   */
  public static void setModified(Path path, long seconds) throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment times = arena.allocate(32, 8);
      times.set(JAVA_LONG, 0, seconds);
      times.set(JAVA_LONG, 16, seconds);
      Native.check(
          "utimensat " + path,
          Sys.UTIMENSAT,
          AT_FDCWD,
          Native.cString(arena, path.toString()).address(),
          times.address(),
          AT_SYMLINK_NOFOLLOW);
    }
  }

  public static void setNonBlocking(int fd) throws PosixException {
    long flags = Native.check("fcntl", Sys.FCNTL, fd, F_GETFL);
    Native.check("fcntl", Sys.FCNTL, fd, F_SETFL, flags | O_NONBLOCK);
  }

  /** Best effort: the kernel may refuse more than its limit for this user. */
  public static void growPipe(int fd, int bytes) {
    Native.call(Sys.FCNTL, fd, F_SETPIPE_SZ, bytes);
  }

  /** The result of the system call or {@code -errno}. */
  public static long write(int fd, byte[] bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(Math.max(1, bytes.length));
      MemorySegment.copy(bytes, 0, data, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, bytes.length);
      return Native.call(Sys.WRITE, fd, data.address(), bytes.length);
    }
  }

  /** Waits until all is taken; what nobody reads any more is dropped. */
  public static void writeAll(int fd, byte[] bytes) throws PosixException {
    for (int done = 0; done < bytes.length; ) {
      long n = write(fd, Arrays.copyOfRange(bytes, done, bytes.length));
      if (n == -Errno.EPIPE) {
        return;
      }
      if (n < 0 && n != -Errno.EINTR) {
        throw new PosixException("write", (int) -n);
      }
      done += (int) Math.max(n, 0);
    }
  }

  /** Up to {@code max} bytes; empty at end of file and when there is nothing to read now. */
  public static byte[] read(int fd, int max) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(max);
      long n = Native.call(Sys.READ, fd, data.address(), max);
      return n <= 0
          ? new byte[0]
          : data.asSlice(0, n).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }
  }
}
