package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.ContainerEventType;
import dev.coracle.cri.v1.ContainerState;
import dev.coracle.cri.v1.ImageSpec;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.cri.v1.SecurityProfile;
import dev.coracle.criruntime.StoredImage;
import dev.coracle.criruntime.device.CdiDevices;
import dev.coracle.criruntime.internal.cgroup.Cgroup;
import dev.coracle.criruntime.internal.cgroup.CgroupHost;
import dev.coracle.criruntime.internal.cgroup.CgroupUsage;
import dev.coracle.criruntime.internal.cgroup.GroupMoves;
import dev.coracle.criruntime.internal.checkpoint.CheckpointArchive;
import dev.coracle.criruntime.internal.image.FileTrees;
import dev.coracle.criruntime.internal.image.Images;
import dev.coracle.criruntime.internal.linux.Poller;
import dev.coracle.criruntime.internal.linux.PosixException;
import dev.coracle.criruntime.internal.linux.Processes;
import dev.coracle.criruntime.internal.pod.ClusterNames;
import dev.coracle.criruntime.internal.pod.Sandbox;
import dev.coracle.criruntime.internal.pod.SandboxService;
import dev.coracle.criruntime.server.Events;
import dev.coracle.criruntime.server.NotFoundException;
import dev.coracle.criruntime.server.StopSignals;
import dev.coracle.criruntime.server.Times;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The containers of a runtime. All methods block and are thread-safe; changes of one container
 * happen one after another under its lock. How they end is {@link ContainerEnds}' part.
 */
public final class ContainerService {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerService.class);
  private static final long REOPEN_SECONDS = 10;

  private final Path directory;
  private final ContainerKind kind;
  private final Images images;
  private final SandboxService sandboxes;
  private final CgroupHost cgroups;
  private final GroupMoves moves;
  private final ClusterNames names;
  private final Poller poller;
  private final Events events;
  private final Executor executor;
  private final Launches launches;
  private final ContainerEnds ends;
  private final Set<String> ours = Capabilities.ours();
  private final Map<String, Container> containers = new ConcurrentHashMap<>();

  public ContainerService(
      Path directory,
      ContainerKind kind,
      Images images,
      SandboxService sandboxes,
      CgroupHost cgroups,
      ClusterNames names,
      Poller poller,
      Events events,
      Executor executor)
      throws IOException {
    this.directory = Files.createDirectories(directory);
    this.kind = kind;
    this.images = images;
    this.sandboxes = sandboxes;
    this.cgroups = cgroups;
    this.moves = new GroupMoves(cgroups);
    this.names = names;
    this.poller = poller;
    this.events = events;
    this.executor = executor;
    this.launches = new Launches(kind, images, cgroups, this::require);
    this.ends = new ContainerEnds(kind, events);
    images.protect(this::layersInUse);
  }

  private Set<String> layersInUse() {
    Set<String> all = new HashSet<>();
    containers.values().forEach(c -> all.addAll(c.made().layers()));
    return all;
  }

  public ContainerKind kind() {
    return kind;
  }

  /** The container of this id, or of the only id that begins so. */
  public Optional<Container> find(String id) {
    Container exact = containers.get(id);
    if (exact != null || id.length() < 6) {
      return Optional.ofNullable(exact);
    }
    List<Container> some = containers.values().stream().filter(c -> c.id().startsWith(id)).toList();
    return some.size() == 1 ? Optional.of(some.getFirst()) : Optional.empty();
  }

  public Container require(String id) {
    return find(id).orElseThrow(() -> new NotFoundException("container not found: " + id));
  }

  public List<Container> list() {
    return List.copyOf(containers.values());
  }

  public List<Container> ofSandbox(String sandboxId) {
    return containers.values().stream().filter(c -> c.sandbox().id().equals(sandboxId)).toList();
  }

  /** A container will be started soon: what the start would wait for can begin. */
  public void expectStart() {
    moves.expect();
  }

  /** Makes a container that can be started. */
  public Container create(Sandbox sandbox, ContainerConfig asked) throws IOException {
    expectStart();
    ContainerConfig config = CdiDevices.ofHost().addTo(asked);
    if (!config.hasMetadata() || config.getMetadata().getName().isEmpty()) {
      throw new IllegalArgumentException("container config must include metadata with a name");
    }
    if (!sandbox.record().ready()) {
      throw new IllegalStateException("pod sandbox is not ready: " + sandbox.id());
    }
    SecurityProfile apparmor = config.getLinux().getSecurityContext().getApparmor();
    if (AppArmorProfiles.of(apparmor).isPresent() && !kind.confines()) {
      throw new UnsupportedOperationException("apparmor is not supported");
    }
    String name = config.getImage().getImage();
    StoredImage image =
        images.find(name).orElseThrow(() -> new NotFoundException("image not found: " + name));
    String id = SandboxService.newId();
    Path dir = Files.createDirectories(directory.resolve(id));
    try {
      RootView root = launches.rootView(image.layers());
      ProcessSpec process = ProcessSpecs.of(config, sandbox, image.config(), root, ours);
      String parent = sandbox.config().getLinux().getCgroupParent();
      ContainerMade made =
          new ContainerMade(
              sandbox.id(),
              image.id(),
              image.digests().isEmpty() ? image.id() : image.digests().getFirst(),
              image.layers(),
              process,
              StopSignals.choose(config.getStopSignal(), image.config().stopSignal()),
              (parent.isEmpty() ? names.cgroup() + "/" + sandbox.id() : parent) + "/" + id);
      ContainerRecord record = ContainerRecord.created(Times.now());
      Container container =
          new Container(id, dir, sandbox, config, made, log(id, sandbox, config), record);
      container.launch(launches.of(container));
      kind.create(container.launch().orElseThrow());
      FileTrees.replace(dir.resolve("config.pb"), config.toByteArray());
      made.save(dir);
      container.update(record);
      containers.put(id, container);
      events.publish(sandbox.id(), id, ContainerEventType.CONTAINER_CREATED_EVENT);
      return container;
    } catch (IOException | RuntimeException e) {
      FileTrees.delete(dir);
      throw e;
    }
  }

  private ContainerLog log(String id, Sandbox sandbox, ContainerConfig config) {
    return new ContainerLog(poller, id, Container.logPath(sandbox, config), Clock.systemUTC());
  }

  /** Starts a created container. */
  public void start(Container c) throws IOException {
    expectStart();
    c.lock().lock();
    try {
      if (c.record().state() != ContainerState.CONTAINER_CREATED) {
        throw new IllegalStateException(
            "container " + c.id() + " is in state " + c.record().state() + ", not created");
      }
      if (!c.sandbox().record().ready()) {
        throw new IllegalStateException("pod sandbox is not ready: " + c.sandbox().id());
      }
      Launch launch = launches.of(c);
      c.launch(launch);
      Shim shim = shim(c);
      Map<Integer, Integer> fds = shim.prepare(c.hostUid(), c.hostGid(), kind.handsOverTerminals());
      c.log().open();
      c.shim(shim);
      try {
        int pid;
        try {
          pid = kind.start(launch, shim, fds);
        } catch (PosixException e) {
          throw OverlayTrouble.explain(launch.directory(), e);
        } finally {
          shim.inherited(fds);
        }
        ContainerRecord record = c.record();
        if (record.state() == ContainerState.CONTAINER_CREATED) {
          c.update(
              record
                  .launched(shim.waiterPid(), Processes.startTime(shim.waiterPid()))
                  .running(Times.now(), pid, Processes.startTime(pid)));
        }
        events.publish(c.sandbox().id(), c.id(), ContainerEventType.CONTAINER_STARTED_EVENT);
      } catch (IOException | RuntimeException e) {
        ends.beforeItBegan(c, shim, e);
        throw e;
      }
    } finally {
      c.lock().unlock();
    }
  }

  private Shim shim(Container c) {
    return new Shim(
        c.directory(),
        poller,
        c.log(),
        c.config().getTty(),
        c.config().getStdin(),
        code -> executor.execute(() -> ends.exited(c, code)));
  }

  /** Ends a container: its stop signal, then SIGKILL. Returns when it has ended. Idempotent. */
  public void stop(Container c, long graceSeconds) throws IOException {
    ends.stop(c, graceSeconds);
  }

  /** Ends and forgets a container. Idempotent. */
  public void remove(Container c) throws IOException {
    while (!removeEnded(c)) {
      stop(c, 0);
    }
  }

  /** False when it runs, perhaps because its start was underway until now. */
  private boolean removeEnded(Container c) throws IOException {
    c.lock().lock();
    try {
      if (c.isRunning()) {
        return false;
      }
      if (!containers.containsKey(c.id())) {
        return true;
      }
      kind.remove(c.launch().orElseGet(() -> launches.ofEnded(c)));
      if (c.sandbox().config().getLinux().getCgroupParent().isEmpty()
          && ofSandbox(c.sandbox().id()).size() <= 1) {
        cgroups.group(names.cgroup() + "/" + c.sandbox().id()).remove();
      }
      containers.remove(c.id());
      if (images.find(c.made().imageId()).isEmpty()) {
        images.collectGarbage();
      }
    } finally {
      c.lock().unlock();
    }
    events.publish(c.sandbox().id(), c.id(), ContainerEventType.CONTAINER_DELETED_EVENT);
    return true;
  }

  /** Changes limits while it runs. */
  public void update(Container c, LinuxContainerResources next) throws IOException {
    c.lock().lock();
    try {
      if (c.record().state() == ContainerState.CONTAINER_EXITED) {
        throw new IllegalStateException("container has exited: " + c.id());
      }
      if (c.isRunning()) {
        Cgroup group = cgroups.group(c.made().cgroup());
        if (group.exists()) {
          ContainerLimits.of(next).apply(group);
        }
      }
      c.resources(ContainerLimits.merge(c.resources(), next));
    } finally {
      c.lock().unlock();
    }
  }

  /**
   * Writes a checkpoint of a running container, which runs on.
   *
   * @param location the archive
   * @throws UnsupportedOperationException that says what this node lacks
   */
  public void checkpoint(Container c, Path location, Duration limit) throws IOException {
    CheckpointArchive archive =
        new CheckpointArchive(Files.createTempDirectory(c.directory(), "checkpoint"));
    try {
      Files.createDirectory(archive.images());
      Files.createDirectory(archive.work());
      c.lock().lock();
      try {
        if (!c.isRunning()) {
          throw new IllegalStateException("container is not running: " + c.id());
        }
        kind.checkpoint(c.launch().orElseThrow(), archive.images(), archive.work(), limit);
      } finally {
        c.lock().unlock();
      }
      archive.write(
          location,
          new CheckpointArchive.Container(
              c.id(),
              c.config().getMetadata().getName(),
              imageName(c.config().getImage()),
              c.made().imageRef(),
              kind.describe(),
              Instant.ofEpochSecond(0, c.record().createdAt()),
              Instant.now()),
          c.directory().resolve("config.json"),
          c.directory().resolve("upper"));
    } finally {
      FileTrees.delete(archive.directory());
    }
  }

  private static String imageName(ImageSpec image) {
    String asked = image.getUserSpecifiedImage();
    return asked.isEmpty() ? image.getImage() : asked;
  }

  /** Goes on with the log in a new file. */
  public void reopenLog(Container c) throws IOException {
    if (!c.isRunning()) {
      throw new IllegalStateException("container is not running: " + c.id());
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    poller.execute(() -> {
      try {
        c.log().reopen();
        done.complete(null);
      } catch (IOException e) {
        done.completeExceptionally(e);
      }
    });
    try {
      done.get(REOPEN_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("log not reopened", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  public CgroupUsage usage(Container c) {
    return CgroupUsage.of(cgroups.group(c.made().cgroup()));
  }

  /** Finds the containers of an earlier run, and learns what became of them meanwhile. */
  public void load() throws IOException {
    try (var children = Files.newDirectoryStream(directory)) {
      for (Path child : children) {
        try {
          loadOne(child);
        } catch (IOException | RuntimeException e) {
          LOG.atWarn().addKeyValue("directory", child).setCause(e).log("unreadable container");
        }
      }
    }
  }

  private void loadOne(Path child) throws IOException {
    if (!Files.exists(child.resolve("state.json"))) {
      // The JVM ended in the middle of CreateContainer; nobody was told of it.
      FileTrees.delete(child);
      return;
    }
    ContainerMade made = ContainerMade.load(child);
    Optional<Sandbox> sandbox = sandboxes.find(made.sandboxId());
    if (sandbox.isEmpty()) {
      FileTrees.delete(child);
      return;
    }
    ContainerConfig config =
        ContainerConfig.parseFrom(Files.readAllBytes(child.resolve("config.pb")));
    String id = child.getFileName().toString();
    Container c =
        new Container(
            id,
            child,
            sandbox.get(),
            config,
            made,
            log(id, sandbox.get(), config),
            ContainerRecord.load(child));
    containers.put(id, c);
    if (c.record().state() == ContainerState.CONTAINER_EXITED) {
      // The earlier JVM may have ended between writing this down and letting the waiter go.
      if (Processes.isAlive(c.record().waiterPid(), c.record().waiterStart())) {
        Processes.kill(c.record().waiterPid(), Processes.SIGKILL);
      }
      c.ended().complete(null);
    } else if (c.isRunning()) {
      c.launch(launches.of(c));
      adopt(c);
    }
  }

  private void adopt(Container c) throws IOException {
    Shim shim = shim(c);
    c.shim(shim);
    c.log().open();
    if (shim.adopt(c.record().waiterPid(), c.record().waiterStart())) {
      Cgroup group = cgroups.group(c.made().cgroup());
      if (c.resources().getMemoryLimitInBytes() > 0 && group.exists()) {
        shim.watchMemory(group);
      }
    } else {
      int code = Shim.exitCode(c.directory());
      ends.exited(c, code >= 0 ? code : 255);
    }
  }

  /** Lets go of the running containers, which go on without us. */
  public void abandon() {
    containers.values().forEach(c -> c.shim().ifPresent(Shim::abandon));
  }
}
