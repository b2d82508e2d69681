package dev.coracle.criruntime.internal.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;

/**
 * The C library's {@code syscall(2)} wrapper, linked once. Every call here blocks its carrier
 * thread, so only short calls belong on virtual threads; the epoll loop has a thread of its own.
 */
public final class Native {
  static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  static final MethodHandle SYSCALL =
      LINKER.downcallHandle(
          find("syscall"),
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
              JAVA_LONG),
          Linker.Option.firstVariadicArg(1),
          Linker.Option.captureCallState("errno"));

  private Native() {}

  static MemorySegment find(String symbol) {
    return LINKER
        .defaultLookup()
        .find(symbol)
        .orElseThrow(() -> new UnsatisfiedLinkError("no symbol " + symbol));
  }

  /** True on Linux, 64 bit, x86 or ARM. Touches no native code. */
  public static boolean isAvailable() {
    String arch = System.getProperty("os.arch");
    return System.getProperty("os.name").equals("Linux")
        && (arch.equals("amd64") || arch.equals("aarch64"));
  }

  /** A segment that receives errno; one per thread or per arena. */
  static MemorySegment state(Arena arena) {
    return arena.allocate(STATE);
  }

  static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  /** The raw call: the result, or {@code -errno}. */
  static long raw(MemorySegment state, long nr, long a, long b, long c, long d, long e, long f) {
    try {
      long result = (long) SYSCALL.invokeExact(state, nr, a, b, c, d, e, f);
      return result == -1 ? -errno(state) : result;
    } catch (Throwable t) {
      throw new IllegalStateException("system call " + nr, t);
    }
  }

  /** One call with up to six arguments: the result, or {@code -errno}; never throws for errno. */
  public static long call(long nr, long... args) {
    try (Arena arena = Arena.ofConfined()) {
      return call(state(arena), nr, args);
    }
  }

  static long call(MemorySegment state, long nr, long... args) {
    int n = args.length;
    return raw(
        state,
        nr,
        n > 0 ? args[0] : 0,
        n > 1 ? args[1] : 0,
        n > 2 ? args[2] : 0,
        n > 3 ? args[3] : 0,
        n > 4 ? args[4] : 0,
        n > 5 ? args[5] : 0);
  }

  /** As {@link #call(long, long...)}, but a failure is a {@link PosixException} that says what. */
  public static long check(String what, long nr, long... args) throws PosixException {
    long result = call(nr, args);
    if (result < 0) {
      throw new PosixException(what, (int) -result);
    }
    return result;
  }

  /** A NUL-terminated copy of the text, alive as long as the arena. */
  public static MemorySegment cString(Arena arena, String text) {
    return arena.allocateFrom(text, StandardCharsets.UTF_8);
  }

  /** A NULL-terminated array of C strings. */
  static MemorySegment cStrings(Arena arena, Iterable<String> texts) {
    int count = 0;
    for (String ignored : texts) {
      count++;
    }
    MemorySegment array = arena.allocate(ADDRESS, count + 1L);
    int i = 0;
    for (String text : texts) {
      array.setAtIndex(ADDRESS, i++, cString(arena, text));
    }
    array.setAtIndex(ADDRESS, i, MemorySegment.NULL);
    return array;
  }

  static int intAt(MemorySegment segment, long offset) {
    return segment.get(JAVA_INT, offset);
  }
}
