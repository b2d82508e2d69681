package dev.coracle.criruntime.internal.container;

import dev.coracle.criruntime.internal.cgroup.Cgroup;
import dev.coracle.criruntime.internal.cgroup.OomWatch;
import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.Native;
import dev.coracle.criruntime.internal.linux.Poller;
import dev.coracle.criruntime.internal.linux.PosixException;
import dev.coracle.criruntime.internal.linux.Processes;
import dev.coracle.criruntime.internal.linux.Pty;
import dev.coracle.criruntime.internal.linux.Sys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * This process's end of a container's waiter.
 *
 * <p>The waiter is a small shell that is the parent of the container's first process and outlives
 * this JVM. It holds the named pipes of the container's output open, so that what is written while
 * no JVM reads waits in them; it writes the exit code into the file {@code exit} and says it
 * through the pipe {@code status}; then it stays until it is told that the output has been read. A
 * JVM that finds it again ({@link #adopt}) opens the same pipes.
 *
 * <p>Descriptors of the waiter: 3 status, 4 hold, 5 exit, 6 go (or pid), 7 standard input, 8 output
 * and 9 error of the container. With a terminal that was made here 7 is its slave end and 8 its
 * master end; with one that an OCI runtime made in the container 8 is a socket in whose queue the
 * master end waits for whoever finds the waiter again.
 *
 * <p>Thread-safe; the callbacks of {@link Listener} run on the poller's thread.
 */
final class Shim {
  private static final int PIPE_BYTES = 1 << 20;
  private static final List<String> PIPES = List.of("status", "hold", "go", "out", "err", "in");

  /** What the waiter says. */
  interface Listener {
    /** The container has ended, with this code (128 + signal); all its output is in the log. */
    void exited(int code);
  }

  private final Path directory;
  private final Poller poller;
  private final ContainerLog log;
  private final boolean tty;
  private final boolean stdin;
  private final Listener listener;
  private final CompletableFuture<Integer> child = new CompletableFuture<>();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Integer> ended = new CompletableFuture<>();
  private final StringBuilder line = new StringBuilder();
  private final Map<Integer, Boolean> outputs = new LinkedHashMap<>();
  private volatile @Nullable OomWatch oomWatch;
  private int status = -1;
  private volatile int master = -1;
  private final HandedTerminal handed;
  private int input = -1;
  private int pidPipe = -1;
  private int waiter;
  private int waiterHandle = -1;

  Shim(
      Path directory,
      Poller poller,
      ContainerLog log,
      boolean tty,
      boolean stdin,
      Listener listener) {
    this.directory = directory;
    this.poller = poller;
    this.log = log;
    this.tty = tty;
    this.stdin = stdin;
    this.listener = listener;
    this.handed = new HandedTerminal(directory, poller, this::readTerminal);
  }

  /** Completes with the pid of the container's first process. */
  CompletableFuture<Integer> child() {
    return child;
  }

  /** Completes when the first process waits for {@link #go}. */
  CompletableFuture<Void> ready() {
    return ready;
  }

  /** Completes with the exit code before {@link Listener#exited} is called. */
  CompletableFuture<Integer> ended() {
    return ended;
  }

  /**
   * Makes the pipes, starts reading them, and opens what the waiter is to inherit.
   *
   * @param theirTerminal whether a terminal, if there is to be one, is made in the container and
   *     {@link HandedTerminal handed over}
   */
  Map<Integer, Integer> prepare(int uid, int gid, boolean theirTerminal) throws IOException {
    for (String name : PIPES) {
      Path pipe = directory.resolve(name);
      Files.deleteIfExists(pipe);
      Fd.mkfifo(pipe, 0600);
    }
    Map<Integer, Integer> fds = new HashMap<>();
    try {
      openStatus();
      int nothing = Fd.open(Path.of("/dev/null"), Fd.O_RDWR);
      for (int i = 0; i <= 2; i++) {
        fds.put(i, nothing);
      }
      fds.put(3, Fd.open(directory.resolve("status"), Fd.O_RDWR));
      fds.put(4, Fd.open(directory.resolve("hold"), Fd.O_RDWR));
      fds.put(5, Fd.open(directory.resolve("exit"), Fd.O_WRONLY | Fd.O_CREAT | Fd.O_TRUNC));
      fds.put(6, Fd.open(directory.resolve("go"), Fd.O_RDWR));
      if (tty && theirTerminal) {
        fds.put(7, nothing);
        fds.put(8, handed.keeper());
      } else if (tty) {
        prepareTerminal(fds, uid);
      } else {
        preparePipes(fds, uid, gid);
      }
      return fds;
    } catch (IOException e) {
      fds.values().stream().distinct().forEach(Fd::close);
      close();
      throw e;
    }
  }

  private void prepareTerminal(Map<Integer, Integer> fds, int uid) throws IOException {
    Pty pty = Pty.open();
    Native.call(Sys.FCHOWN, pty.slave(), uid, -1);
    Files.writeString(directory.resolve("tty"), pty.slavePath());
    master = pty.master();
    Fd.setNonBlocking(master);
    readOutput(master, false);
    fds.put(0, pty.slave());
    fds.put(7, pty.slave());
    fds.put(8, pty.master());
  }

  private void preparePipes(Map<Integer, Integer> fds, int uid, int gid) throws IOException {
    readOutput(Fd.open(directory.resolve("out"), Fd.O_RDONLY | Fd.O_NONBLOCK), false);
    readOutput(Fd.open(directory.resolve("err"), Fd.O_RDONLY | Fd.O_NONBLOCK), true);
    int out = Fd.open(directory.resolve("out"), Fd.O_RDWR);
    int err = Fd.open(directory.resolve("err"), Fd.O_RDWR);
    Fd.growPipe(out, PIPE_BYTES);
    Fd.growPipe(err, PIPE_BYTES);
    // So that a process that is not root can open /dev/stdout anew.
    Native.call(Sys.FCHOWN, out, uid, gid);
    Native.call(Sys.FCHOWN, err, uid, gid);
    fds.put(8, out);
    fds.put(9, err);
    if (stdin) {
      int in = Fd.open(directory.resolve("in"), Fd.O_RDONLY | Fd.O_NONBLOCK);
      Native.call(Sys.FCNTL, in, 4, 0);
      Native.call(Sys.FCHOWN, in, uid, gid);
      fds.put(7, in);
      input = Fd.open(directory.resolve("in"), Fd.O_WRONLY | Fd.O_NONBLOCK);
    } else {
      fds.put(7, fds.get(0));
    }
  }

  /**
   * Makes the pipe into which an OCI runtime writes the container's pid as into a file. The waiter
   * holds it open in the place of {@code go}, so that writing never waits for this JVM.
   */
  Path expectPid(Map<Integer, Integer> fds) throws IOException {
    Path pipe = directory.resolve("pid");
    Files.deleteIfExists(pipe);
    Fd.mkfifo(pipe, 0600);
    int fd = Fd.open(pipe, Fd.O_RDONLY | Fd.O_NONBLOCK);
    pidPipe = fd;
    Integer before = fds.put(6, Fd.open(pipe, Fd.O_RDWR));
    Fd.close(before == null ? -1 : before);
    poller.watch(fd, Poller.READABLE, events -> readPid());
    return pipe;
  }

  /** The terminal that an OCI runtime makes, if it is to make one. */
  HandedTerminal handedTerminal() {
    return handed;
  }

  private void readTerminal(int fd) throws PosixException {
    Fd.setNonBlocking(fd);
    readOutput(fd, false);
    master = fd;
  }

  private void readPid() {
    if (pidPipe >= 0) {
      String text = new String(Fd.read(pidPipe, 64), StandardCharsets.US_ASCII).strip();
      closePid();
      if (!text.isEmpty()) {
        child.complete(Integer.parseInt(text));
      }
    }
  }

  private void closePid() {
    poller.unwatch(pidPipe);
    Fd.close(pidPipe);
    pidPipe = -1;
  }

  /** Closes our copies of what the waiter has inherited. */
  void inherited(Map<Integer, Integer> fds) {
    fds.values().stream().distinct().filter(fd -> fd != master).forEach(Fd::close);
  }

  /** Watches over the waiter, now that it runs. */
  void started(int pid) throws IOException {
    waiter = pid;
    waiterHandle = Processes.pidfd(pid);
    if (waiterHandle < 0) {
      throw new IOException("the container's waiter ended at once");
    }
    poller.watch(waiterHandle, Poller.READABLE, events -> waiterGone());
  }

  /**
   * Finds a waiter of an earlier JVM again.
   *
   * @return false when it is gone; then only the file {@code exit} can tell the exit code
   */
  boolean adopt(int pid, long startTime) throws IOException {
    if (!Processes.isAlive(pid, startTime)) {
      return false;
    }
    if (tty) {
      int kept = HandedTerminal.kept(Processes.takeFd(pid, 8));
      if (kept >= 0) {
        readTerminal(kept);
      }
    } else {
      readOutput(Fd.open(directory.resolve("out"), Fd.O_RDONLY | Fd.O_NONBLOCK), false);
      readOutput(Fd.open(directory.resolve("err"), Fd.O_RDONLY | Fd.O_NONBLOCK), true);
      if (stdin) {
        input = Fd.open(directory.resolve("in"), Fd.O_WRONLY | Fd.O_NONBLOCK);
      }
    }
    // After the outputs: it may tell of the end at once, and then they are read for the last time.
    openStatus();
    started(pid);
    // The earlier JVM may have read the message and died before it wrote it down.
    int code = exitCode(directory);
    if (code >= 0) {
      poller.execute(() -> exited(code));
    }
    return true;
  }

  /** The code in the file {@code exit}; -1 when there is none. */
  static int exitCode(Path directory) {
    try {
      String text = Files.readString(directory.resolve("exit"));
      return text.endsWith("\n") ? Integer.parseInt(text.strip()) : -1;
    } catch (IOException | NumberFormatException e) {
      return -1;
    }
  }

  private void openStatus() throws IOException {
    int fd = Fd.open(directory.resolve("status"), Fd.O_RDONLY | Fd.O_NONBLOCK);
    status = fd;
    poller.watch(fd, Poller.READABLE, events -> readStatus());
  }

  private void readOutput(int fd, boolean error) throws PosixException {
    outputs.put(fd, error);
    poller.watch(
        fd,
        Poller.READABLE,
        events -> {
          ByteBuffer chunk = poller.read(fd);
          if (chunk == null) {
            // Nobody can write any more; only the waiter's end tells that it is over.
            poller.unwatch(fd);
          } else if (chunk.hasRemaining()) {
            log.accept(error, chunk);
          }
        });
  }

  private void readStatus() {
    ByteBuffer chunk = poller.read(status);
    if (chunk == null) {
      poller.unwatch(status);
      return;
    }
    for (char c : StandardCharsets.UTF_8.decode(chunk).toString().toCharArray()) {
      if (c == '\n') {
        String message = line.toString();
        line.setLength(0);
        said(message);
      } else {
        line.append(c);
      }
    }
  }

  private void said(String message) {
    if (message.startsWith("child ")) {
      child.complete(Integer.parseInt(message.substring(6).strip()));
    } else if (message.equals("ready")) {
      ready.complete(null);
    } else if (message.startsWith("state ")) {
      int pid = pidIn(message);
      if (pid > 0) {
        child.complete(pid);
      }
      ready.complete(null);
    } else if (message.startsWith("exit ")) {
      exited(Integer.parseInt(message.substring(5).strip()));
    }
  }

  private static int pidIn(String json) {
    java.util.regex.Matcher m =
        java.util.regex.Pattern.compile("\"pid\"\\s*:\\s*([0-9]+)").matcher(json);
    return m.find() ? Integer.parseInt(m.group(1)) : -1;
  }

  private void exited(int code) {
    if (ended.isDone()) {
      return;
    }
    handed.poll(); // Of a container that ended at once.
    drain();
    log.flushPartials(); // Whoever hears of the end finds all of the log.
    readPid(); // Of a container that ended at once: it did start.
    ended.complete(code);
    IllegalStateException over = new IllegalStateException("the container has ended");
    child.completeExceptionally(over);
    ready.completeExceptionally(over);
    listener.exited(code);
  }

  private void drain() {
    for (Map.Entry<Integer, Boolean> output : outputs.entrySet()) {
      for (ByteBuffer chunk = poller.read(output.getKey());
          chunk != null && chunk.hasRemaining();
          chunk = poller.read(output.getKey())) {
        log.accept(output.getValue(), chunk);
      }
    }
  }

  private void waiterGone() {
    poller.unwatch(waiterHandle);
    Processes.reap(waiter);
    readStatus();
    int code = exitCode(directory);
    // A waiter that was killed takes the exit code with it.
    exited(code >= 0 ? code : 128 + Processes.SIGKILL);
  }

  /** Lets the first process go on to the container's command, or (false) end instead. */
  void go(boolean proceed) throws IOException {
    int fd = Fd.open(directory.resolve("go"), Fd.O_WRONLY | Fd.O_NONBLOCK);
    Fd.write(fd, (proceed ? "go\n" : "no\n").getBytes(StandardCharsets.US_ASCII));
    Fd.close(fd);
  }

  /** Looks out for the container running out of memory. */
  void watchMemory(Cgroup group) throws IOException {
    oomWatch = new OomWatch(poller, group);
  }

  boolean ranOutOfMemory() {
    OomWatch watch = oomWatch;
    return watch != null && watch.happened();
  }

  int waiterPid() {
    return waiter;
  }

  /** The descriptor to write the container's standard input to; -1 when there is none. */
  int inputFd() {
    return tty ? master : input;
  }

  /** The terminal's master end, -1 without a terminal. */
  int masterFd() {
    return master;
  }

  void closeInput() {
    int fd = input;
    input = -1;
    Fd.close(fd);
  }

  /**
   * Ends the waiter, whose work is done, and lets go of everything. Runs on the poller's thread.
   */
  void release() {
    poller.execute(() -> {
      if (waiter > 0) {
        Processes.kill(waiter, Processes.SIGKILL);
      }
      close();
    });
  }

  /** Lets go of everything and leaves the waiter alone. Runs on the poller's thread. */
  void abandon() {
    poller.execute(this::close);
  }

  private void close() {
    OomWatch watch = oomWatch;
    if (watch != null) {
      watch.close();
    }
    for (int fd : outputs.keySet()) {
      poller.unwatch(fd);
      Fd.close(fd);
    }
    outputs.clear();
    poller.unwatch(status);
    Fd.close(status);
    status = -1;
    closePid();
    closeInput();
    handed.close();
    if (waiterHandle >= 0) {
      int handle = waiterHandle;
      waiterHandle = -1;
      poller.unwatch(handle);
      int pid = waiter;
      if (Processes.reap(pid) == -1) {
        reapLater(handle, pid);
      } else {
        Fd.close(handle);
      }
    }
    log.close();
  }

  private void reapLater(int handle, int pid) {
    try {
      poller.watch(
          handle,
          Poller.READABLE,
          events -> {
            Processes.reap(pid);
            poller.unwatch(handle);
            Fd.close(handle);
          });
    } catch (PosixException e) {
      Fd.close(handle);
    }
  }

  @Nullable Path terminal() throws IOException {
    Path file = directory.resolve("tty");
    return tty && Files.exists(file) ? Path.of(Files.readString(file)) : null;
  }
}
