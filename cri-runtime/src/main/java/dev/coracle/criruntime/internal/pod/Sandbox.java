package dev.coracle.criruntime.internal.pod;

import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.cri.v1.NamespaceOption;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.criruntime.internal.linux.Mounts;
import dev.coracle.criruntime.internal.linux.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pod sandbox. Its config never changes; its record is replaced as a whole, by whoever holds the
 * lock, and may be read by anybody.
 */
public final class Sandbox {
  private static final Logger LOG = LoggerFactory.getLogger(Sandbox.class);

  private final String id;
  private final Path directory;
  private final PodSandboxConfig config;
  private final String handler;
  private final Path sharedMemory;
  private final boolean isolated;
  private final Optional<UserNamespace> userNamespace;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile SandboxRecord record;

  Sandbox(
      String id,
      Path directory,
      PodSandboxConfig config,
      String handler,
      Path sharedMemory,
      boolean isolated,
      SandboxRecord record) {
    this.id = id;
    this.directory = directory;
    this.config = config;
    this.handler = handler;
    this.sharedMemory = sharedMemory;
    this.isolated = isolated;
    this.userNamespace = isolated ? UserNamespace.of(namespaces(config)) : Optional.empty();
    this.record = record;
  }

  public String id() {
    return id;
  }

  public Path directory() {
    return directory;
  }

  public PodSandboxConfig config() {
    return config;
  }

  public String handler() {
    return handler;
  }

  public SandboxRecord record() {
    return record;
  }

  /** Held while the sandbox is changed. */
  public ReentrantLock lock() {
    return lock;
  }

  void update(SandboxRecord next) throws IOException {
    next.save(directory);
    record = next;
  }

  /**
   * It has stopped, whether or not that can be written down: on a full disk its end may be what
   * makes room. A JVM that reads the old record finds its namespaces gone.
   */
  void updateStopped(SandboxRecord next) {
    record = next;
    try {
      next.save(directory);
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("sandbox", id).setCause(e).log("stop not recorded");
    }
  }

  public NamespaceOption namespaces() {
    return namespaces(config);
  }

  private static NamespaceOption namespaces(PodSandboxConfig config) {
    return config.getLinux().getSecurityContext().getNamespaceOptions();
  }

  /** The pod's own users; empty where it has those of the host. */
  public Optional<UserNamespace> userNamespace() {
    return userNamespace;
  }

  /** The file that holds the pod's user namespace, which owns its other namespaces. */
  public Path userNamespaceFile() {
    return directory.resolve("ns/user");
  }

  /** Whether the pod has a network namespace of its own. */
  public boolean hasNetwork() {
    return isolated && namespaces().getNetwork() != NamespaceMode.NODE;
  }

  public Path networkNamespace() {
    return directory.resolve("ns/net");
  }

  /** The files that hold the pod's namespaces, with the kind of each (CLONE_NEW...). */
  public Map<Path, Integer> namespaceFiles() {
    Map<Path, Integer> files = new LinkedHashMap<>();
    if (isolated && hasNetwork()) {
      files.put(networkNamespace(), Mounts.CLONE_NEWNET);
      files.put(directory.resolve("ns/uts"), Mounts.CLONE_NEWUTS);
    }
    if (isolated && namespaces().getIpc() != NamespaceMode.NODE) {
      files.put(directory.resolve("ns/ipc"), Mounts.CLONE_NEWIPC);
    }
    return files;
  }

  /** The directory behind the pod's /dev/shm. */
  public Path sharedMemory() {
    return namespaces().getIpc() == NamespaceMode.NODE && Files.isDirectory(Path.of("/dev/shm"))
        ? Path.of("/dev/shm")
        : sharedMemory;
  }

  /** The directory behind a /dev/shm of the pod's own. */
  public Path ownSharedMemory() {
    return sharedMemory;
  }

  /** The process that holds the pod's PID namespace, if it has one and it lives. */
  public Optional<Integer> pausePid() {
    SandboxRecord r = record;
    return Processes.isAlive(r.pausePid(), r.pauseStart())
        ? Optional.of(r.pausePid())
        : Optional.empty();
  }

  /** Where the runtime wrote the pod's own /etc files. */
  public Path file(String name) {
    return directory.resolve(name);
  }
}
