package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.ContainerState;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.PosixException;
import dev.coracle.criruntime.internal.linux.Pty;
import dev.coracle.criruntime.internal.pod.Sandbox;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A container. What it was made from never changes; its record is replaced as a whole by whoever
 * holds the lock, and may be read by anybody.
 */
public final class Container {
  private static final Logger LOG = LoggerFactory.getLogger(Container.class);

  private final String id;
  private final Path directory;
  private final Sandbox sandbox;
  private final ContainerConfig config;
  private final ContainerMade made;
  private final ContainerLog log;
  private final ReentrantLock lock = new ReentrantLock();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile ContainerRecord record;
  private volatile LinuxContainerResources resources;
  private volatile @Nullable Shim shim;
  private volatile @Nullable Launch launch;

  Container(
      String id,
      Path directory,
      Sandbox sandbox,
      ContainerConfig config,
      ContainerMade made,
      ContainerLog log,
      ContainerRecord record) {
    this.id = id;
    this.directory = directory;
    this.sandbox = sandbox;
    this.config = config;
    this.made = made;
    this.log = log;
    this.record = record;
    this.resources = config.getLinux().getResources();
  }

  public String id() {
    return id;
  }

  public Path directory() {
    return directory;
  }

  /** What the container's user is on the host. */
  int hostUid() {
    int uid = made.process().uid();
    return sandbox.userNamespace().map(u -> u.hostUid(uid)).orElse(uid);
  }

  /** As {@link #hostUid} for its group. */
  int hostGid() {
    int gid = made.process().gid();
    return sandbox.userNamespace().map(u -> u.hostGid(gid)).orElse(gid);
  }

  public Sandbox sandbox() {
    return sandbox;
  }

  public ContainerConfig config() {
    return config;
  }

  public ContainerMade made() {
    return made;
  }

  public ContainerRecord record() {
    return record;
  }

  public boolean isRunning() {
    return record.state() == ContainerState.CONTAINER_RUNNING;
  }

  /** Where the output goes, if the pod wants it. */
  public Optional<Path> logPath() {
    return logPath(sandbox, config);
  }

  static Optional<Path> logPath(Sandbox sandbox, ContainerConfig config) {
    String dir = sandbox.config().getLogDirectory();
    return dir.isEmpty() || config.getLogPath().isEmpty()
        ? Optional.empty()
        : Optional.of(Path.of(dir).resolve(config.getLogPath()).normalize());
  }

  /** The output as it comes. */
  public OutputHub output() {
    return log.hub();
  }

  /** Where to write the container's standard input, and its terminal; -1 for what there is not. */
  public int inputFd() {
    return shim().map(Shim::inputFd).orElse(-1);
  }

  public int terminalFd() {
    return shim().map(Shim::masterFd).orElse(-1);
  }

  /**
   * Sets the size of the container's terminal. runc puts a terminal of its own between ours and the
   * container's; so both are told.
   */
  public void resize(int width, int height) {
    if (terminalFd() < 0) {
      return;
    }
    Pty.resize(terminalFd(), width, height);
    try {
      int inner =
          Fd.open(
              Path.of("/proc/" + record.pid() + "/fd/0"),
              Fd.O_RDONLY | Fd.O_NOCTTY | Fd.O_NONBLOCK);
      Pty.resize(inner, width, height);
      Fd.close(inner);
    } catch (PosixException e) {
      // It has ended, or closed its input.
    }
  }

  /** Ends the container's standard input. */
  public void closeInput() {
    shim().ifPresent(Shim::closeInput);
  }

  public LinuxContainerResources resources() {
    return resources;
  }

  void resources(LinuxContainerResources next) {
    resources = next;
  }

  ContainerLog log() {
    return log;
  }

  ReentrantLock lock() {
    return lock;
  }

  /** Completes when the end has been written down. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  void update(ContainerRecord next) throws IOException {
    next.save(directory);
    record = next;
  }

  /**
   * It has ended, whether or not that can be written down: on a full disk its end may be what makes
   * room. A JVM that reads the old record finds its waiter gone.
   */
  void updateEnded(ContainerRecord next) {
    record = next;
    try {
      next.save(directory);
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("container", id).setCause(e).log("exit not recorded");
    }
  }

  Optional<Shim> shim() {
    return Optional.ofNullable(shim);
  }

  void shim(@Nullable Shim next) {
    shim = next;
  }

  Optional<Launch> launch() {
    return Optional.ofNullable(launch);
  }

  void launch(Launch next) {
    launch = next;
  }
}
