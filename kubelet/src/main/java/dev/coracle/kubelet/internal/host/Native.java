package dev.coracle.kubelet.internal.host;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;

/**
 * The few system calls that Java has no method for, called directly (no process is started):
 * mount(2), umount2(2), statvfs(3) and setrlimit(2). Linux only; a failure is an {@link
 * IOException} with the error number.
 */
public final class Native {
  private static final int MNT_DETACH = 2;
  private static final long MS_BIND = 4096;
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle MOUNT =
      handle(
          "mount",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS));
  private static final MethodHandle UMOUNT =
      handle(
          "umount2",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

  private static final MethodHandle STATVFS =
      handle(
          "statvfs",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
  private static final long STATVFS_BYTES = 256;

  private static final int RLIMIT_NOFILE = 7;
  private static final MethodHandle SETRLIMIT =
      handle(
          "setrlimit",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

  private Native() {}

  /**
   * How full a file system is.
   *
   * @param bytes all there are, {@code free} for users who are not root
   */
  public record FileSystemRoom(long bytes, long used, long free, long inodes, long inodesFree) {}

  /** Asks the file system that holds the path (64-bit Linux: all fields are longs). */
  public static FileSystemRoom room(Path path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment out = arena.allocate(STATVFS_BYTES, 8);
      int result = (int) STATVFS.invokeExact(state, arena.allocateFrom(path.toString()), out);
      check(result, state, "statvfs " + path);
      long fragment = out.get(ValueLayout.JAVA_LONG, 8);
      return new FileSystemRoom(
          out.get(ValueLayout.JAVA_LONG, 16) * fragment,
          (out.get(ValueLayout.JAVA_LONG, 16) - out.get(ValueLayout.JAVA_LONG, 24)) * fragment,
          out.get(ValueLayout.JAVA_LONG, 32) * fragment,
          out.get(ValueLayout.JAVA_LONG, 40),
          out.get(ValueLayout.JAVA_LONG, 56));
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle handle(String name, FunctionDescriptor type) {
    SymbolLookup lookup = LINKER.defaultLookup();
    return LINKER.downcallHandle(
        lookup.find(name).orElseThrow(() -> new IllegalStateException("no " + name + " in libc")),
        type,
        Linker.Option.captureCallState("errno"));
  }

  /** Mounts a file system of this type, with options as mount(8) writes them. */
  public static void mount(String source, Path target, String type, String options)
      throws IOException {
    mount(source, target, type, 0, options);
  }

  /** Shows a file or directory at another place too. */
  public static void bind(Path source, Path target) throws IOException {
    mount(source.toString(), target, "none", MS_BIND, "");
  }

  private static void mount(String source, Path target, String type, long flags, String options)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result =
          (int)
              MOUNT.invokeExact(
                  state,
                  arena.allocateFrom(source),
                  arena.allocateFrom(target.toString()),
                  arena.allocateFrom(type),
                  flags,
                  arena.allocateFrom(options));
      check(result, state, "mount " + type + " on " + target);
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Detaches a mount, even a busy one. */
  public static void unmount(Path target) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result =
          (int) UMOUNT.invokeExact(state, arena.allocateFrom(target.toString()), MNT_DETACH);
      check(result, state, "unmount " + target);
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** How many files this process may have open, for good. */
  public static void openFiles(long most) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment limits = arena.allocateFrom(ValueLayout.JAVA_LONG, most, most);
      int result = (int) SETRLIMIT.invokeExact(state, RLIMIT_NOFILE, limits);
      check(result, state, "setrlimit of open files to " + most);
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void check(int result, MemorySegment state, String what) throws IOException {
    if (result != 0) {
      throw new IOException(what + " failed: errno " + (int) ERRNO.get(state, 0L));
    }
  }
}
