package dev.coracle.criruntime.internal.container;

import dev.coracle.criruntime.internal.linux.ConsoleSocket;
import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.FdWriter;
import dev.coracle.criruntime.internal.linux.Native;
import dev.coracle.criruntime.internal.linux.Poller;
import dev.coracle.criruntime.internal.linux.PosixException;
import dev.coracle.criruntime.internal.linux.Processes;
import dev.coracle.criruntime.internal.linux.Pty;
import dev.coracle.criruntime.internal.linux.Reaper;
import dev.coracle.criruntime.internal.linux.Sys;
import dev.coracle.criruntime.server.StartException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A further process in a running container, with its standard streams in our hands. Output and end
 * are told on the poller's thread, in this order: all output, then the exit code.
 */
public final class ExecProcess {
  private static final long TERMINAL_SECONDS = 30;

  /** Who gets the output. Must not block. */
  public interface Output {
    void output(boolean error, byte[] bytes);

    void exited(int code);
  }

  private final Poller poller;
  private final Output output;
  private final int pid;
  private final Map<Integer, Boolean> outputs = new LinkedHashMap<>();
  private final Optional<FdWriter> input;
  private final int master;
  private boolean paused;
  private boolean over;

  private ExecProcess(Poller poller, Output output, int pid, Optional<FdWriter> input, int master) {
    this.poller = poller;
    this.output = output;
    this.pid = pid;
    this.input = input;
    this.master = master;
  }

  /**
   * Starts a command in a container.
   *
   * @throws StartException the command cannot be run
   * @throws IllegalStateException the container does not run
   */
  public static ExecProcess start(
      ContainerKind kind,
      Container container,
      List<String> command,
      boolean tty,
      boolean stdin,
      Poller poller,
      Output output)
      throws IOException {
    if (!container.isRunning()) {
      throw new IllegalStateException("container is not running: " + container.id());
    }
    if (command.isEmpty()) {
      throw new IllegalArgumentException("no command given");
    }
    ProcessSpec process = container.made().process().withArgv(command);
    if (!tty) {
      return withPipes(kind, container, process, stdin, poller, output);
    }
    ProcessSpec named =
        process.envOr("TERM", "").isEmpty() ? process.withEnv("TERM=xterm") : process;
    return kind.handsOverTerminals()
        ? withTheirTerminal(kind, container, named, poller, output)
        : withOurTerminal(kind, container, named, poller, output);
  }

  private static int launch(ContainerKind kind, Container c, ProcessSpec p, ExecStreams streams)
      throws IOException {
    return kind.exec(launch(c), c.record().pid(), p, streams);
  }

  private static Launch launch(Container c) {
    return c.launch().orElseThrow(() -> new IllegalStateException("container is not running"));
  }

  /** The terminal is made here; what starts the process may put a second one between. */
  private static ExecProcess withOurTerminal(
      ContainerKind kind, Container c, ProcessSpec process, Poller poller, Output output)
      throws IOException {
    Pty pty = Pty.open();
    try {
      Native.call(Sys.FCHOWN, pty.slave(), c.hostUid(), -1);
      int pid = launch(kind, c, process, ExecStreams.terminal(pty.slave()));
      return onTerminal(pid, pty.master(), reap(pid, poller, () -> {}), poller, output);
    } catch (IOException | RuntimeException e) {
      Fd.close(pty.master());
      throw e;
    } finally {
      Fd.close(pty.slave());
    }
  }

  /**
   * The terminal is made in the container and its master end handed over, so that nobody copies
   * between: its size is set before what was typed after it arrives, and nothing of the last output
   * is lost.
   */
  private static ExecProcess withTheirTerminal(
      ContainerKind kind, Container c, ProcessSpec process, Poller poller, Output output)
      throws IOException {
    int nowhere = Fd.open(Path.of("/dev/null"), Fd.O_RDWR);
    try (ConsoleSocket console = ConsoleSocket.listen(launch(c).directory(), poller)) {
      int pid = launch(kind, c, process, ExecStreams.console(nowhere, console.path()));
      // The process may be over before the poller has looked at the socket.
      CompletableFuture<Integer> ended = reap(pid, poller, console::poll);
      try {
        CompletableFuture.anyOf(console.master(), ended).get(TERMINAL_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        Processes.kill(pid, Processes.SIGKILL);
        console.master().thenAccept(Fd::close);
        throw new StartException("the OCI runtime did not hand over the terminal", e);
      } catch (InterruptedException e) {
        Processes.kill(pid, Processes.SIGKILL);
        console.master().thenAccept(Fd::close);
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
      if (!console.master().isDone()) {
        throw new StartException(
            "the OCI runtime ended without a terminal, exit code " + ended.resultNow());
      }
      return onTerminal(pid, console.master().resultNow(), ended, poller, output);
    } finally {
      Fd.close(nowhere);
    }
  }

  private static ExecProcess onTerminal(
      int pid, int master, CompletableFuture<Integer> ended, Poller poller, Output output)
      throws IOException {
    Fd.setNonBlocking(master);
    FdWriter writer = new FdWriter(poller, master, () -> {});
    ExecProcess exec = new ExecProcess(poller, output, pid, Optional.of(writer), master);
    exec.run(Map.of(master, false), ended);
    return exec;
  }

  private static ExecProcess withPipes(
      ContainerKind kind,
      Container c,
      ProcessSpec process,
      boolean stdin,
      Poller poller,
      Output output)
      throws IOException {
    int[] out = Fd.pipe();
    int[] err = Fd.pipe();
    int[] in = stdin ? Fd.pipe() : new int[] {Fd.open(Path.of("/dev/null"), Fd.O_RDONLY), -1};
    try {
      Map<Integer, Integer> fds = Map.of(0, in[0], 1, out[1], 2, err[1]);
      int pid = launch(kind, c, process, ExecStreams.pipes(fds));
      Optional<FdWriter> writer = Optional.empty();
      if (stdin) {
        Fd.setNonBlocking(in[1]);
        writer = Optional.of(new FdWriter(poller, in[1], () -> Fd.close(in[1])));
      }
      Fd.setNonBlocking(out[0]);
      Fd.setNonBlocking(err[0]);
      ExecProcess exec = new ExecProcess(poller, output, pid, writer, -1);
      exec.run(Map.of(out[0], false, err[0], true), reap(pid, poller, () -> {}));
      return exec;
    } catch (IOException | RuntimeException e) {
      for (int fd : new int[] {out[0], err[0], in[1]}) {
        Fd.close(fd);
      }
      throw e;
    } finally {
      for (int fd : new int[] {out[1], err[1], in[0]}) {
        Fd.close(fd);
      }
    }
  }

  /**
   * The exit code of a child, completed on the poller's thread.
   *
   * @param last done there before
   */
  private static CompletableFuture<Integer> reap(int pid, Poller poller, Runnable last) {
    CompletableFuture<Integer> ended = new CompletableFuture<>();
    poller.execute(() ->
        new Reaper(poller)
            .await(pid)
            .whenComplete((code, failure) -> {
              last.run();
              ended.complete(failure == null ? code : 255);
            })
            .isDone());
    return ended;
  }

  private void run(Map<Integer, Boolean> readable, CompletableFuture<Integer> ended) {
    outputs.putAll(readable);
    poller.execute(() -> {
      outputs.keySet().forEach(this::watch);
      ended.thenAccept(this::exited).isDone();
    });
  }

  private void watch(int fd) {
    try {
      poller.watch(fd, Poller.READABLE, events -> readable(fd));
    } catch (PosixException e) {
      throw new IllegalStateException(e);
    }
  }

  private void readable(int fd) {
    ByteBuffer chunk = poller.read(fd);
    if (chunk == null) {
      poller.unwatch(fd);
    } else {
      deliver(fd, chunk);
    }
  }

  private void deliver(int fd, ByteBuffer chunk) {
    if (chunk.hasRemaining()) {
      byte[] bytes = new byte[chunk.remaining()];
      chunk.get(bytes);
      output.output(Boolean.TRUE.equals(outputs.get(fd)), bytes);
    }
  }

  private void exited(int code) {
    over = true;
    for (int fd : outputs.keySet()) {
      for (ByteBuffer chunk = poller.read(fd);
          chunk != null && chunk.hasRemaining();
          chunk = poller.read(fd)) {
        deliver(fd, chunk);
      }
      poller.unwatch(fd);
    }
    input.ifPresent(FdWriter::abort);
    // After the writer, which may still use the terminal.
    poller.execute(() -> outputs.keySet().forEach(Fd::close));
    output.exited(code);
  }

  /** Holds output back while its reader is slow. */
  public void pause() {
    poller.execute(() -> {
      if (!paused && !over) {
        paused = true;
        outputs.keySet().forEach(poller::unwatch);
      }
    });
  }

  public void resume() {
    poller.execute(() -> {
      if (paused && !over) {
        paused = false;
        outputs.keySet().forEach(this::watch);
      }
    });
  }

  /** Where to write standard input; empty without one. */
  public Optional<FdWriter> input() {
    return input;
  }

  public void resize(int width, int height) {
    if (master >= 0) {
      poller.execute(() -> {
        if (!over) {
          Pty.resize(master, width, height);
        }
      });
    }
  }

  /** Kills the process, and before it what it runs (an OCI runtime's exec is only a parent). */
  public void kill() {
    try {
      String children = Files.readString(Path.of("/proc/" + pid + "/task/" + pid + "/children"));
      for (String child : children.strip().split(" ")) {
        if (!child.isEmpty()) {
          Processes.kill(Integer.parseInt(child), Processes.SIGKILL);
        }
      }
    } catch (IOException e) {
      // It has ended.
    }
    Processes.kill(pid, Processes.SIGKILL);
  }
}
