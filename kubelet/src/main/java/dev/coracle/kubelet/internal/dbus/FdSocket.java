package dev.coracle.kubelet.internal.dbus;

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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A connected UNIX stream socket over which descriptors can come (SCM_RIGHTS, unix(7)). One thread
 * reads, and closes in the end; {@link #shutdown} from any other makes it come to the end. 64-bit
 * Linux.
 */
final class FdSocket {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle SOCKET =
      handle("socket", FunctionDescriptor.of(INT, INT, INT, INT));
  private static final MethodHandle CONNECT =
      handle("connect", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, INT));
  private static final MethodHandle SEND =
      handle("send", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG, INT));
  private static final MethodHandle RECVMSG =
      handle("recvmsg", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, INT));
  private static final MethodHandle SHUTDOWN =
      handle("shutdown", FunctionDescriptor.of(INT, INT, INT));
  private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle UID = handle("geteuid", FunctionDescriptor.of(INT));

  private static final int AF_UNIX = 1;
  private static final int STREAM_CLOEXEC = 1 | 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int EINTR = 4;
  private static final int PATH_BYTES = 108;
  private static final int DATA_BYTES = 16 << 10;
  private static final int CONTROL_BYTES = 1024;
  private static final int CONTROL_HEADER = 16;

  /** What came together; no data at the end. */
  record Received(byte[] data, List<Integer> descriptors) {}

  private final int fd;
  private boolean closed;

  private FdSocket(int fd) {
    this.fd = fd;
  }

  static FdSocket connect(Path path) throws IOException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    if (name.length >= PATH_BYTES) {
      throw new IOException("the path of a UNIX socket is too long: " + path);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment address = arena.allocate(2 + PATH_BYTES, 8);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
      MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 2, name.length);
      int fd =
          (int) check((int) SOCKET.invokeExact(state, AF_UNIX, STREAM_CLOEXEC, 0), state, "socket");
      FdSocket socket = new FdSocket(fd);
      try {
        int size = 2 + name.length + 1;
        check((int) CONNECT.invokeExact(state, fd, address, size), state, "connect to " + path);
      } catch (Throwable e) {
        socket.close();
        throw e;
      }
      return socket;
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** All of it; blocks while the other side does not read. */
  synchronized void write(byte[] bytes) throws IOException {
    if (closed) {
      throw new IOException("the socket is closed");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      long at = 0;
      while (at < bytes.length) {
        long n =
            (long) SEND.invokeExact(state, fd, data.asSlice(at), bytes.length - at, MSG_NOSIGNAL);
        if (n < 0 && errno(state) == EINTR) {
          continue;
        }
        at += check(n, state, "send");
      }
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** What comes next; blocks. */
  Received read() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment data = arena.allocate(DATA_BYTES);
      MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
      MemorySegment vector = arena.allocate(16, 8);
      vector.set(ValueLayout.ADDRESS, 0, data);
      vector.set(LONG, 8, DATA_BYTES);
      MemorySegment message = arena.allocate(56, 8);
      message.set(ValueLayout.ADDRESS, 16, vector);
      message.set(LONG, 24, 1);
      message.set(ValueLayout.ADDRESS, 32, control);
      long n;
      do {
        message.set(LONG, 40, CONTROL_BYTES);
        n = (long) RECVMSG.invokeExact(state, fd, message, MSG_CMSG_CLOEXEC);
      } while (n < 0 && errno(state) == EINTR);
      check(n, state, "recvmsg");
      byte[] bytes = data.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
      return new Received(bytes, descriptors(control, message.get(LONG, 40)));
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  private static List<Integer> descriptors(MemorySegment control, long used) {
    List<Integer> out = new ArrayList<>();
    long at = 0;
    while (at + CONTROL_HEADER <= used) {
      long length = control.get(LONG, at);
      if (length < CONTROL_HEADER || at + length > used) {
        break;
      }
      if (control.get(INT, at + 8) == SOL_SOCKET && control.get(INT, at + 12) == SCM_RIGHTS) {
        for (long p = at + CONTROL_HEADER; p + 4 <= at + length; p += 4) {
          out.add(control.get(INT, p));
        }
      }
      at += (length + 7) / 8 * 8;
    }
    return out;
  }

  /** Whoever reads comes to the end. */
  synchronized void shutdown() {
    if (!closed) {
      quietly(SHUTDOWN, fd, 2);
    }
  }

  /** For the thread that reads. */
  synchronized void close() {
    if (!closed) {
      closed = true;
      closeDescriptor(fd);
    }
  }

  static void closeDescriptor(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      int ignored = (int) CLOSE.invokeExact(arena.allocate(STATE), fd);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Who this process is to others. */
  static int userId() {
    try (Arena arena = Arena.ofConfined()) {
      return (int) UID.invokeExact(arena.allocate(STATE));
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static void quietly(MethodHandle call, int fd, int how) {
    try (Arena arena = Arena.ofConfined()) {
      int ignored = (int) call.invokeExact(arena.allocate(STATE), fd, how);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static MethodHandle handle(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new IllegalStateException("no " + name + " in libc")),
        type,
        Linker.Option.captureCallState("errno"));
  }

  private static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  private static long check(long result, MemorySegment state, String what) throws IOException {
    if (result < 0) {
      throw new IOException(what + " failed: errno " + errno(state));
    }
    return result;
  }

  private static IOException rethrown(Throwable e) {
    return e instanceof IOException io ? io : new IOException(unexpected(e));
  }

  private static RuntimeException unexpected(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
  }
}
