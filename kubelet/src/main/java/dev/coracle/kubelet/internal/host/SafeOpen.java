package dev.coracle.kubelet.internal.host;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Opens what lies below a directory without ever following a symbolic link, so that nobody who can
 * write there can lead the way out, not even by exchanging a directory for a link meanwhile. Holds
 * one descriptor; what it stands for is reached by {@link #path} until it is closed.
 */
public final class SafeOpen implements AutoCloseable {
  private static final int AT_FDCWD = -100;
  private static final int O_NOFOLLOW = 0400000;
  private static final int O_CLOEXEC = 02000000;
  private static final int O_PATH = 010000000;
  private static final int ENOENT = 2;
  private static final int EEXIST = 17;
  private static final int S_IFMT = 0170000;
  private static final int S_IFLNK = 0120000;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
  private static final MethodHandle OPENAT =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("openat"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(3),
          CAPTURE);
  private static final MethodHandle MKDIRAT =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("mkdirat"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT),
          CAPTURE);
  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
          CAPTURE);

  private final int fd;

  private SafeOpen(int fd) {
    this.fd = fd;
  }

  /**
   * @param root taken as it is; links in its own path are followed
   * @param relative below it, in normal form
   * @param createMode permission bits of directories to make where something is missing; negative:
   *     nothing is made
   */
  public static SafeOpen below(Path root, Path relative, int createMode) throws IOException {
    int at = open(AT_FDCWD, root.toString(), O_PATH | O_CLOEXEC);
    if (at < 0) {
      throw new IOException("cannot open " + root + ": errno " + -at);
    }
    for (Path part : relative) {
      if (part.toString().isEmpty()) {
        continue;
      }
      int next = step(at, part.toString(), createMode);
      close(at);
      if (next < 0) {
        throw new IOException("cannot open " + root.resolve(relative) + ": errno " + -next);
      }
      at = next;
      if (isLink(at)) {
        close(at);
        throw new IOException(root.resolve(relative) + " leads through a symbolic link");
      }
    }
    return new SafeOpen(at);
  }

  private static int step(int at, String name, int createMode) {
    int next = open(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (next != -ENOENT || createMode < 0) {
      return next;
    }
    int made = makeDirectory(at, name, createMode);
    return made < 0 && made != -EEXIST ? made : open(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  }

  private static boolean isLink(int fd) throws IOException {
    return ((int) Files.getAttribute(descriptor(fd), "unix:mode") & S_IFMT) == S_IFLNK;
  }

  private static Path descriptor(int fd) {
    return Path.of("/proc/self/fd/" + fd);
  }

  /** A name for what was opened, whatever happens to its path. */
  public Path path() {
    return descriptor(fd);
  }

  @Override
  public void close() {
    close(fd);
  }

  private static int open(int at, String name, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      return result((int) OPENAT.invokeExact(state, at, arena.allocateFrom(name), flags), state);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static int makeDirectory(int at, String name, int mode) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      return result((int) MKDIRAT.invokeExact(state, at, arena.allocateFrom(name), mode), state);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void close(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      int ignored = (int) CLOSE.invokeExact(arena.allocate(STATE), fd);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static int result(int answer, MemorySegment state) {
    return answer >= 0 ? answer : -(int) ERRNO.get(state, 0L);
  }
}
