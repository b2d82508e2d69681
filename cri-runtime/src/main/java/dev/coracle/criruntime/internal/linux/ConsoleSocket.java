package dev.coracle.criruntime.internal.linux;

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
  private static final int ADDRESS_BYTES = 108;

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
      poller.unwatch(connection);
      master.completeExceptionally(e);
    }
  }

  private void receive() throws PosixException {
    int fd = FdPassing.receive(connection);
    if (fd >= 0) {
      poller.unwatch(connection);
      master.complete(fd);
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
