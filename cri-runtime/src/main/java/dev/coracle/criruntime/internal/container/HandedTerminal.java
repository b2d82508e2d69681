package dev.coracle.criruntime.internal.container;

import dev.coracle.criruntime.internal.linux.ConsoleSocket;
import dev.coracle.criruntime.internal.linux.Errno;
import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.FdPassing;
import dev.coracle.criruntime.internal.linux.Poller;
import dev.coracle.criruntime.internal.linux.PosixException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A terminal that an OCI runtime makes in the container. Its master end comes over a console
 * socket, and is sent on into a socket whose other end the container's waiter holds and nobody
 * reads: there it stays open, for whoever finds the waiter again.
 */
final class HandedTerminal {
  /** Who reads the terminal, on the poller's thread. */
  interface Reader {
    void read(int master) throws PosixException;
  }

  private final Path directory;
  private final Poller poller;
  private final Reader reader;
  private int ours = -1;
  private volatile @Nullable ConsoleSocket console;
  private volatile CompletableFuture<Void> here = CompletableFuture.completedFuture(null);

  HandedTerminal(Path directory, Poller poller, Reader reader) {
    this.directory = directory;
    this.poller = poller;
    this.reader = reader;
  }

  /** The end for the waiter to hold; whoever asks closes its own copy of it. */
  int keeper() throws PosixException {
    int[] pair = FdPassing.pair();
    ours = pair[1];
    return pair[0];
  }

  /**
   * Waits for the terminal.
   *
   * @return the socket to hand it over by
   */
  Path expect() throws IOException {
    ConsoleSocket socket = ConsoleSocket.listen(directory, poller);
    console = socket;
    here = socket.master().thenAccept(this::keep);
    return socket.path();
  }

  /** Completes when the expected terminal, if any, is here and outlives this JVM. */
  CompletableFuture<Void> here() {
    return here;
  }

  private void keep(int master) {
    try {
      FdPassing.send(ours, master);
      reader.read(master);
    } catch (PosixException e) {
      Fd.close(master);
      throw new UncheckedIOException(e);
    } finally {
      closeOurs();
    }
  }

  /** Takes what has come, without waiting. Call it on the poller's thread only. */
  void poll() {
    ConsoleSocket socket = console;
    if (socket != null) {
      socket.poll();
    }
  }

  private void closeOurs() {
    Fd.close(ours);
    ours = -1;
  }

  void close() {
    closeOurs();
    ConsoleSocket socket = console;
    if (socket != null) {
      socket.close();
    }
  }

  /**
   * The master end that a waiter keeps.
   *
   * @param held what the waiter holds: the socket, or the end itself where it was made here
   * @return -1 where the earlier JVM died before it had the terminal, and the container with it
   */
  static int kept(int held) throws PosixException {
    try {
      int fd = FdPassing.peek(held);
      Fd.close(held);
      return fd;
    } catch (PosixException e) {
      if (e.errno() == Errno.ENOTSOCK) {
        return held;
      }
      Fd.close(held);
      throw e;
    }
  }
}
