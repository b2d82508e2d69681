package dev.coracle.criruntime.internal.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * A UNIX socket on which an OCI runtime hands over the master end of the terminal that it made in a
 * container: one connection, one message, one descriptor (SCM_RIGHTS).
 */
public final class ConsoleSocket implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int STREAM = 1;
  private static final int O_PATH = 0x200000;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int ADDRESS_BYTES = 108;
  private static final int DATA_BYTES = 4096;
  private static final int CONTROL_BYTES = 24;

  private final Poller poller;
  private final Path file;
  private final int directory;
  private final int listener;
  private final CompletableFuture<Integer> master = new CompletableFuture<>();
  // Both on the poller's thread only.
  private int connection = -1;
  private boolean over;

  private ConsoleSocket(Poller poller, Path file, int directory, int listener) {
    this.poller = poller;
    this.file = file;
    this.directory = directory;
    this.listener = listener;
  }

  /** Listens in this directory, whose path may be longer than a socket's address. */
  public static ConsoleSocket listen(Path directory, Poller poller) throws PosixException {
    int dir = Fd.open(directory, O_PATH);
    int listener = -1;
    try (Arena arena = Arena.ofConfined()) {
      Path file = MemoryFile.path(dir).resolve("console-" + UUID.randomUUID());
      listener =
          (int)
              Native.check("socket", Sys.SOCKET, AF_UNIX, STREAM | Fd.O_CLOEXEC | Fd.O_NONBLOCK, 0);
      MemorySegment address = arena.allocate(2 + ADDRESS_BYTES);
      address.set(JAVA_SHORT, 0, (short) AF_UNIX);
      address.setString(2, file.toString());
      Native.check("bind " + file, Sys.BIND, listener, address.address(), address.byteSize());
      Native.check("listen", Sys.LISTEN, listener, 1);
      ConsoleSocket socket = new ConsoleSocket(poller, file, dir, listener);
      poller.watch(listener, Poller.READABLE, events -> socket.poll());
      return socket;
    } catch (PosixException e) {
      Fd.close(listener);
      Fd.close(dir);
      throw e;
    }
  }

  /** Where the runtime is to connect. */
  public Path path() {
    return file;
  }

  /**
   * The terminal's master end, once it is there; whoever takes it closes it. Completed on the
   * poller's thread.
   */
  public CompletableFuture<Integer> master() {
    return master;
  }

  /** Takes what has come, without waiting. Call it on the poller's thread only. */
  public void poll() {
    if (over || master.isDone()) {
      return;
    }
    try {
      if (connection < 0) {
        long accepted = Native.call(Sys.ACCEPT4, listener, 0, 0, Fd.O_CLOEXEC | Fd.O_NONBLOCK);
        if (accepted < 0) {
          return;
        }
        connection = (int) accepted;
        poller.unwatch(listener);
        poller.watch(connection, Poller.READABLE, events -> poll());
      }
      receive();
    } catch (PosixException e) {
      master.completeExceptionally(e);
    }
  }

  private void receive() throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(DATA_BYTES);
      MemorySegment vector = arena.allocate(16, 8);
      vector.set(ADDRESS, 0, data);
      vector.set(JAVA_LONG, 8, DATA_BYTES);
      MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
      MemorySegment message = arena.allocate(56, 8);
      message.set(ADDRESS, 16, vector);
      message.set(JAVA_LONG, 24, 1);
      message.set(ADDRESS, 32, control);
      message.set(JAVA_LONG, 40, CONTROL_BYTES);
      long n = Native.call(Sys.RECVMSG, connection, message.address(), MSG_CMSG_CLOEXEC);
      if (n == -Errno.EAGAIN || n == -Errno.EINTR) {
        return;
      }
      poller.unwatch(connection);
      boolean rights =
          n > 0
              && message.get(JAVA_LONG, 40) >= 20
              && control.get(JAVA_INT, 8) == SOL_SOCKET
              && control.get(JAVA_INT, 12) == SCM_RIGHTS;
      if (!rights) {
        throw new PosixException("receive the terminal", n < 0 ? (int) -n : Errno.EINVAL);
      }
      master.complete(control.get(JAVA_INT, 16));
    }
  }

  /** Ends listening; a terminal that was handed over stays open. */
  @Override
  public void close() {
    poller.execute(() -> {
      over = true;
      poller.unwatch(listener);
      Fd.close(listener);
      if (connection >= 0) {
        poller.unwatch(connection);
        Fd.close(connection);
      }
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        // The container's directory is gone, and the socket with it.
      }
      Fd.close(directory);
    });
  }
}
