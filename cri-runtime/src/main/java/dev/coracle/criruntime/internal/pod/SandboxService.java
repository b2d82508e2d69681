package dev.coracle.criruntime.internal.pod;

import dev.coracle.cri.v1.ContainerEventType;
import dev.coracle.cri.v1.DNSConfig;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.criruntime.config.CriRuntimeOptions.PausePolicy;
import dev.coracle.criruntime.internal.image.FileTrees;
import dev.coracle.criruntime.internal.linux.ProcFiles;
import dev.coracle.criruntime.internal.linux.Processes;
import dev.coracle.criruntime.internal.linux.Reaper;
import dev.coracle.criruntime.internal.network.HostNetwork;
import dev.coracle.criruntime.network.PodNetwork;
import dev.coracle.criruntime.server.Events;
import dev.coracle.criruntime.server.NotFoundException;
import dev.coracle.criruntime.server.Times;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pod sandboxes of a runtime. All methods block and are thread-safe; changes of one sandbox
 * happen one after another under its lock.
 */
public final class SandboxService {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxService.class);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path directory;
  private final ClusterNames names;
  private final boolean isolated;
  private final PausePolicy pausePolicy;
  private final PodNetwork network;
  private final HostNetwork hostNetwork = new HostNetwork("the pod asked for it");
  private final Events events;
  private final Optional<Reaper> reaper;
  private final Supplier<Optional<String>> userNamespaceProblem;
  private final Map<String, Sandbox> sandboxes = new ConcurrentHashMap<>();
  private final Map<Integer, CompletableFuture<Integer>> pauses = new ConcurrentHashMap<>();

  /**
   * @param userNamespaceProblem why a pod cannot have users of its own; empty where it can
   */
  public SandboxService(
      Path directory,
      ClusterNames names,
      boolean isolated,
      PausePolicy pausePolicy,
      PodNetwork network,
      Events events,
      Optional<Reaper> reaper,
      Supplier<Optional<String>> userNamespaceProblem)
      throws IOException {
    this.directory = Files.createDirectories(directory);
    this.names = names;
    this.isolated = isolated;
    this.pausePolicy = pausePolicy;
    this.network = network;
    this.events = events;
    this.reaper = reaper;
    this.userNamespaceProblem = userNamespaceProblem;
  }

  public static String newId() {
    byte[] bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** Finds the sandboxes of an earlier run. */
  public void load() throws IOException {
    try (var children = Files.newDirectoryStream(directory)) {
      for (Path child : children) {
        try {
          loadOne(child);
        } catch (IOException | RuntimeException e) {
          LOG.atWarn().addKeyValue("directory", child).setCause(e).log("unreadable sandbox");
        }
      }
    }
  }

  private void loadOne(Path child) throws IOException {
    String id = child.getFileName().toString();
    PodSandboxConfig config =
        PodSandboxConfig.parseFrom(Files.readAllBytes(child.resolve("sandbox.pb")));
    Sandbox sandbox = sandbox(id, child, config, "", SandboxRecord.load(child));
    boolean lost =
        sandbox.record().ready()
            && sandbox.hasNetwork()
            && !isNamespace(sandbox.networkNamespace());
    if (lost) {
      // The machine was restarted: the files are there, what was bound to them is not.
      sandbox.updateStopped(sandbox.record().withReady(false));
    } else if (sandbox.hasNetwork() && sandbox.record().ready()) {
      network.adopt(
          pod(sandbox),
          new PodNetwork.Connection(sandbox.record().ips(), sandbox.record().network()));
    }
    sandboxes.put(id, sandbox);
  }

  private static boolean isNamespace(Path file) {
    try {
      String mounts = ProcFiles.text(Path.of("/proc/self/mountinfo"));
      return mounts.contains(" " + file + " ");
    } catch (IOException e) {
      return false;
    }
  }

  private Sandbox sandbox(
      String id, Path dir, PodSandboxConfig config, String handler, SandboxRecord record) {
    Path shm = Path.of("/dev/shm");
    Path memory =
        isolated && Files.isWritable(shm)
            ? shm.resolve(names.sharedMemory(id))
            : dir.resolve("shm");
    return new Sandbox(id, dir, config, handler, memory, isolated, record);
  }

  /** The sandbox of this id, or of the only id that begins so. */
  public Optional<Sandbox> find(String id) {
    Sandbox exact = sandboxes.get(id);
    if (exact != null || id.length() < 6) {
      return Optional.ofNullable(exact);
    }
    List<Sandbox> some = sandboxes.values().stream().filter(s -> s.id().startsWith(id)).toList();
    return some.size() == 1 ? Optional.of(some.getFirst()) : Optional.empty();
  }

  public Sandbox require(String id) {
    return find(id).orElseThrow(() -> new NotFoundException("pod sandbox not found: " + id));
  }

  public List<Sandbox> list() {
    return List.copyOf(sandboxes.values());
  }

  /** Makes a sandbox ready; after a failure nothing is left of it. */
  public Sandbox run(PodSandboxConfig config, String handler) throws IOException {
    if (!config.hasMetadata() || config.getMetadata().getName().isEmpty()) {
      throw new IllegalArgumentException("sandbox config must include metadata with a name");
    }
    if (UserNamespace.of(config.getLinux().getSecurityContext().getNamespaceOptions())
        .isPresent()) {
      Optional<String> problem = userNamespaceProblem.get();
      if (problem.isPresent()) {
        throw new IllegalStateException("user namespaces are not supported: " + problem.get());
      }
    }
    String id = newId();
    Path dir = Files.createDirectories(directory.resolve(id));
    Sandbox sandbox = sandbox(id, dir, config, handler, SandboxRecord.starting(Times.now()));
    try {
      FileTrees.replace(dir.resolve("sandbox.pb"), config.toByteArray());
      writeFiles(sandbox);
      Files.createDirectories(sandbox.ownSharedMemory());
      if (isolated) {
        Files.setAttribute(sandbox.ownSharedMemory(), "unix:mode", 01777);
        Namespaces.create(sandbox);
      }
      SandboxRecord record = sandbox.record();
      if (sandbox.hasNetwork() || !isolated) {
        PodNetwork.Connection connection = (isolated ? network : hostNetwork).connect(pod(sandbox));
        record = record.withNetwork(connection.ips(), connection.details());
        sandbox.update(record);
      }
      if (isolated) {
        Namespaces.sysctls(sandbox);
        if (pausePolicy == PausePolicy.ALWAYS
            || sandbox.namespaces().getPid() == NamespaceMode.POD) {
          Pause pause = Pause.start(sandbox);
          reaper.ifPresent(r -> pauses.put(pause.pid(), r.await(pause.child())));
          record = record.withPause(pause.pid(), Processes.startTime(pause.pid()));
        }
      }
      sandbox.update(record.withReady(true));
      sandboxes.put(id, sandbox);
    } catch (IOException | RuntimeException e) {
      discard(sandbox);
      throw e;
    }
    events.publish(id, id, ContainerEventType.CONTAINER_CREATED_EVENT);
    events.publish(id, id, ContainerEventType.CONTAINER_STARTED_EVENT);
    return sandbox;
  }

  /** A plugin that fails to take the network back keeps nothing else from going. */
  private void discard(Sandbox sandbox) {
    try {
      disconnect(sandbox);
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("sandbox", sandbox.id()).setCause(e).log("network left behind");
    }
    try {
      releaseNamespaces(sandbox);
      FileTrees.delete(sandbox.directory());
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("sandbox", sandbox.id()).setCause(e).log("sandbox left behind");
    }
  }

  private static PodNetwork.Pod pod(Sandbox sandbox) {
    var metadata = sandbox.config().getMetadata();
    return new PodNetwork.Pod(
        sandbox.id(),
        metadata.getNamespace(),
        metadata.getName(),
        metadata.getUid(),
        sandbox.config().getLabelsMap(),
        sandbox.networkNamespace(),
        sandbox.config().getPortMappingsList());
  }

  private static void writeFiles(Sandbox sandbox) throws IOException {
    PodSandboxConfig config = sandbox.config();
    StringBuilder resolv = new StringBuilder();
    if (config.hasDnsConfig()) {
      DNSConfig dns = config.getDnsConfig();
      if (dns.getSearchesCount() > 0) {
        resolv.append("search ").append(String.join(" ", dns.getSearchesList())).append('\n');
      }
      dns.getServersList().forEach(s -> resolv.append("nameserver ").append(s).append('\n'));
      if (dns.getOptionsCount() > 0) {
        resolv.append("options ").append(String.join(" ", dns.getOptionsList())).append('\n');
      }
    } else if (Files.isReadable(Path.of("/etc/resolv.conf"))) {
      resolv.append(Files.readString(Path.of("/etc/resolv.conf")));
    }
    Files.writeString(sandbox.file("resolv.conf"), resolv);
    Files.writeString(sandbox.file("hostname"), config.getHostname() + "\n");
    Files.writeString(
        sandbox.file("hosts"), "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
  }

  /** Takes back network and namespaces; the containers must have ended. Idempotent. */
  public void stop(Sandbox sandbox) throws IOException {
    sandbox.lock().lock();
    try {
      if (!sandboxes.containsKey(sandbox.id())) {
        return;
      }
      boolean wasReady = sandbox.record().ready();
      release(sandbox);
      sandbox.updateStopped(sandbox.record().withReady(false).withPause(0, -1));
      if (wasReady) {
        events.publish(sandbox.id(), sandbox.id(), ContainerEventType.CONTAINER_STOPPED_EVENT);
      }
    } finally {
      sandbox.lock().unlock();
    }
  }

  private void release(Sandbox sandbox) throws IOException {
    disconnect(sandbox);
    releaseNamespaces(sandbox);
  }

  private void disconnect(Sandbox sandbox) throws IOException {
    if (sandbox.hasNetwork()) {
      network.disconnect(pod(sandbox), sandbox.record().network());
    }
  }

  private void releaseNamespaces(Sandbox sandbox) throws IOException {
    Optional<Integer> pause = sandbox.pausePid();
    Namespaces.remove(sandbox);
    pause.map(pauses::remove).ifPresent(CompletableFuture::join);
    FileTrees.delete(sandbox.ownSharedMemory());
  }

  /** Forgets a stopped sandbox. Idempotent. */
  public void remove(Sandbox sandbox) throws IOException {
    stop(sandbox);
    if (sandboxes.remove(sandbox.id()) != null) {
      FileTrees.delete(sandbox.directory());
      events.publish(sandbox.id(), sandbox.id(), ContainerEventType.CONTAINER_DELETED_EVENT);
    }
  }

  public PodNetwork network() {
    return network;
  }
}
