package dev.coracle.criruntime.internal.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Descriptors sent over UNIX sockets (SCM_RIGHTS). A descriptor that nobody has received yet stays
 * open in the queue of its socket; so a socket's end can keep one for somebody who comes later.
 */
public final class FdPassing {
  private static final int AF_UNIX = 1;
  private static final int STREAM = 1;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_PEEK = 0x2;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int DATA_BYTES = 4096;
  private static final int CONTROL_BYTES = 24;
  private static final int CONTROL_USED = 20;

  private FdPassing() {}

  /** Two connected stream sockets that do not block. */
  public static int[] pair() throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pair = arena.allocate(8);
      Native.check(
          "socketpair",
          Sys.SOCKETPAIR,
          AF_UNIX,
          STREAM | Fd.O_CLOEXEC | Fd.O_NONBLOCK,
          0,
          pair.address());
      return new int[] {pair.get(JAVA_INT, 0), pair.get(JAVA_INT, 4)};
    }
  }

  /** Sends one descriptor; ours stays open. */
  public static void send(int socket, int fd) throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
      control.set(JAVA_LONG, 0, CONTROL_USED);
      control.set(JAVA_INT, 8, SOL_SOCKET);
      control.set(JAVA_INT, 12, SCM_RIGHTS);
      control.set(JAVA_INT, 16, fd);
      MemorySegment data = arena.allocateFrom(JAVA_BYTE, (byte) 1);
      Native.check("sendmsg", Sys.SENDMSG, socket, message(arena, data, control).address(), 0);
    }
  }

  /**
   * Receives one descriptor.
   *
   * @return -1 when there is nothing now
   */
  public static int receive(int socket) throws PosixException {
    return receive(socket, 0);
  }

  /** As {@link #receive(int)}, and leaves it in the queue for the next one who looks. */
  public static int peek(int socket) throws PosixException {
    return receive(socket, MSG_PEEK);
  }

  private static int receive(int socket, int flags) throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
      MemorySegment message = message(arena, arena.allocate(DATA_BYTES), control);
      long n = Native.call(Sys.RECVMSG, socket, message.address(), MSG_CMSG_CLOEXEC | flags);
      if (n == -Errno.EAGAIN || n == -Errno.EINTR) {
        return -1;
      }
      if (n < 0) {
        throw new PosixException("recvmsg", (int) -n);
      }
      if (message.get(JAVA_LONG, 40) < CONTROL_USED
          || control.get(JAVA_INT, 8) != SOL_SOCKET
          || control.get(JAVA_INT, 12) != SCM_RIGHTS) {
        throw new PosixException("recvmsg without a descriptor", Errno.EINVAL);
      }
      return control.get(JAVA_INT, 16);
    }
  }

  /** A {@code struct msghdr} of one piece of data and one control message. */
  private static MemorySegment message(Arena arena, MemorySegment data, MemorySegment control) {
    MemorySegment vector = arena.allocate(16, 8);
    vector.set(ADDRESS, 0, data);
    vector.set(JAVA_LONG, 8, data.byteSize());
    MemorySegment message = arena.allocate(56, 8);
    message.set(ADDRESS, 16, vector);
    message.set(JAVA_LONG, 24, 1);
    message.set(ADDRESS, 32, control);
    message.set(JAVA_LONG, 40, CONTROL_BYTES);
    return message;
  }
}
