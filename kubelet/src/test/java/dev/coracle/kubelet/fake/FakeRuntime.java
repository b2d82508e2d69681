package dev.coracle.kubelet.fake;

import dev.coracle.cri.v1.*;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import dev.coracle.kubelet.spi.RuntimeService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A container runtime in memory: containers run until a test ends them. Events are delivered in the
 * caller's thread.
 */
public final class FakeRuntime implements RuntimeService {
  private final Map<String, PodSandboxStatus> sandboxes = new LinkedHashMap<>();
  private final Map<String, ContainerStatus> containers = new LinkedHashMap<>();
  private final Map<String, String> sandboxOf = new LinkedHashMap<>();
  private final Map<String, Image> images = new LinkedHashMap<>();
  private volatile boolean dualStack;
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final List<Consumer<ContainerEventResponse>> listeners = new CopyOnWriteArrayList<>();
  private final Map<String, Long> memory = new LinkedHashMap<>();
  private final Map<String, ContainerConfig> configs = new LinkedHashMap<>();
  private Function<String, Optional<CriException>> faults = call -> Optional.empty();
  private Function<List<String>, Integer> execs = command -> 0;
  private final Map<String, PodSandboxConfig> sandboxConfigs = new LinkedHashMap<>();
  private volatile StatusResponse status = StatusResponse.getDefaultInstance();
  private Optional<Runnable> endOfEvents = Optional.empty();
  private volatile boolean endsStreams;
  private final AtomicInteger streamsAsked = new AtomicInteger();
  private int next;

  public FakeRuntime() {
    image("busybox:1");
  }

  public FakeRuntime image(String name) {
    return image(name, "sha256:" + name);
  }

  /** Gives a name to an image, whichever had it before. */
  public synchronized FakeRuntime image(String name, String id) {
    images.put(name, Image.newBuilder().setId(id).addRepoTags(name).setSize(1000).build());
    return this;
  }

  /**
   * @param faults what a call such as {@code pullImage x} fails with
   */
  public FakeRuntime failing(Function<String, Optional<CriException>> now) {
    faults = now;
    return this;
  }

  /** Pods have an address of IPv6 beside the other from now on. */
  public FakeRuntime dualStack() {
    dualStack = true;
    return this;
  }

  /**
   * It has no events from now on, and says so before the call that asks for them returns.
   *
   * @param said runs in between
   */
  public FakeRuntime withoutEvents(Runnable said) {
    endOfEvents = Optional.of(said);
    return this;
  }

  /** Each stream of events ends at once, without a failure, as CRI-O's do unless told otherwise. */
  public FakeRuntime endingStreams(boolean ending) {
    endsStreams = ending;
    return this;
  }

  /** How many streams of events were asked for. */
  public int streamsAsked() {
    return streamsAsked.get();
  }

  public FakeRuntime execs(Function<List<String>, Integer> exitCodes) {
    execs = exitCodes;
    return this;
  }

  /** From now on it says that it can give pods users of their own. */
  public void withUserNamespaces() {
    status =
        StatusResponse.newBuilder()
            .addRuntimeHandlers(
                RuntimeHandler.newBuilder()
                    .setFeatures(RuntimeHandlerFeatures.newBuilder().setUserNamespaces(true)))
            .build();
  }

  /** What the newest sandbox of the pod of this name was made with. */
  public synchronized PodSandboxConfig sandboxConfig(String pod) {
    return Optional.ofNullable(sandboxConfigs.get(pod)).orElseThrow();
  }

  /** What the containers of this name have in memory from now on. */
  public synchronized void uses(String name, long bytes) {
    memory.put(name, bytes);
  }

  public List<String> calls() {
    return calls;
  }

  private void call(String what) {
    calls.add(what);
    ask(what);
  }

  /** A call that only reads, and so is not kept. */
  private void ask(String what) {
    faults
        .apply(what)
        .ifPresent(e -> {
          throw e;
        });
  }

  private static long nanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  /** The running container of this name, of whatever pod. */
  public synchronized Optional<ContainerStatus> running(String name) {
    return containers.values().stream()
        .filter(c ->
            c.getMetadata().getName().equals(name)
                && c.getState() == dev.coracle.cri.v1.ContainerState.CONTAINER_RUNNING)
        .findFirst();
  }

  public synchronized Optional<ContainerConfig> config(String name) {
    return configs.values().stream()
        .filter(c -> c.getMetadata().getName().equals(name))
        .reduce((a, b) -> b);
  }

  /** The machine was started anew, and the runtime has nothing of what ran. */
  public synchronized void loseAll() {
    containers.clear();
    sandboxes.clear();
    sandboxOf.clear();
  }

  /** The container's process ends. */
  public void exit(String name, int code) {
    ContainerStatus c = running(name).orElseThrow();
    end(c.getId(), code, "");
  }

  /** The container's process ends, and no event tells of it. */
  public void exitUnheard(String name, int code) {
    endUnheard(running(name).orElseThrow().getId(), code, "");
  }

  public void end(String id, int code, String reason) {
    if (endUnheard(id, code, reason)) {
      tell(id, ContainerEventType.CONTAINER_STOPPED_EVENT);
    }
  }

  private boolean endUnheard(String id, int code, String reason) {
    synchronized (this) {
      ContainerStatus c = containers.get(id);
      if (c == null || c.getState() != dev.coracle.cri.v1.ContainerState.CONTAINER_RUNNING) {
        return false;
      }
      containers.put(
          id,
          c.toBuilder()
              .setState(dev.coracle.cri.v1.ContainerState.CONTAINER_EXITED)
              .setExitCode(code)
              .setReason(reason)
              .setFinishedAt(nanos())
              .build());
      return true;
    }
  }

  private void tell(String id, ContainerEventType type) {
    ContainerEventResponse.Builder event =
        ContainerEventResponse.newBuilder()
            .setContainerId(id)
            .setContainerEventType(type)
            .setCreatedAt(nanos());
    synchronized (this) {
      PodSandboxStatus s = sandboxes.get(sandboxOf.getOrDefault(id, id));
      if (s != null) {
        event.setPodSandboxStatus(s);
      }
    }
    listeners.forEach(l -> l.accept(event.build()));
  }

  @Override
  public VersionResponse version() {
    return VersionResponse.newBuilder().setRuntimeName("fake").setRuntimeVersion("1").build();
  }

  @Override
  public StatusResponse status(boolean verbose) {
    return status;
  }

  @Override
  public void updatePodCidr(String podCidr) {
    call("updatePodCidr " + podCidr);
  }

  @Override
  public String runPodSandbox(PodSandboxConfig config, String runtimeHandler) {
    call("runPodSandbox " + config.getMetadata().getName());
    String id;
    synchronized (this) {
      id = "sb" + ++next;
      sandboxConfigs.put(config.getMetadata().getName(), config);
      boolean host =
          config.getLinux().getSecurityContext().getNamespaceOptions().getNetwork()
              == NamespaceMode.NODE;
      PodSandboxStatus.Builder s =
          PodSandboxStatus.newBuilder()
              .setId(id)
              .setMetadata(config.getMetadata())
              .setState(PodSandboxState.SANDBOX_READY)
              .setCreatedAt(nanos())
              .putAllLabels(config.getLabelsMap());
      if (host) {
        s.getLinuxBuilder()
            .getNamespacesBuilder()
            .getOptionsBuilder()
            .setNetwork(NamespaceMode.NODE);
      } else {
        PodSandboxNetworkStatus.Builder network = s.getNetworkBuilder().setIp("10.0.0." + next);
        if (dualStack) {
          network.addAdditionalIps(PodIP.newBuilder().setIp("fd00::" + next));
        }
      }
      sandboxes.put(id, s.build());
    }
    tell(id, ContainerEventType.CONTAINER_STARTED_EVENT);
    return id;
  }

  @Override
  public void stopPodSandbox(String id) {
    call("stopPodSandbox");
    synchronized (this) {
      sandboxes.computeIfPresent(
          id, (k, s) -> s.toBuilder().setState(PodSandboxState.SANDBOX_NOTREADY).build());
    }
    tell(id, ContainerEventType.CONTAINER_STOPPED_EVENT);
  }

  @Override
  public synchronized void removePodSandbox(String id) {
    call("removePodSandbox");
    sandboxes.remove(id);
    containers.keySet().removeIf(c -> id.equals(sandboxOf.get(c)));
  }

  @Override
  public synchronized PodSandboxStatus podSandboxStatus(String id) {
    ask("podSandboxStatus");
    PodSandboxStatus s = sandboxes.get(id);
    if (s == null) {
      throw new CriException(Code.NOT_FOUND, "no sandbox " + id);
    }
    return s;
  }

  @Override
  public synchronized List<PodSandbox> listPodSandboxes(PodSandboxFilter filter) {
    ask("listPodSandboxes");
    return sandboxes.values().stream()
        .filter(
            s -> s.getLabelsMap().entrySet().containsAll(filter.getLabelSelectorMap().entrySet()))
        .map(s ->
            PodSandbox.newBuilder()
                .setId(s.getId())
                .setMetadata(s.getMetadata())
                .setState(s.getState())
                .setCreatedAt(s.getCreatedAt())
                .putAllLabels(s.getLabelsMap())
                .build())
        .toList();
  }

  @Override
  public String createContainer(
      String sandboxId, ContainerConfig config, PodSandboxConfig sandbox) {
    call("createContainer " + config.getMetadata().getName());
    synchronized (this) {
      String id = "c" + ++next;
      sandboxOf.put(id, sandboxId);
      configs.put(id, config);
      containers.put(
          id,
          ContainerStatus.newBuilder()
              .setId(id)
              .setMetadata(config.getMetadata())
              .setState(dev.coracle.cri.v1.ContainerState.CONTAINER_CREATED)
              .setCreatedAt(nanos())
              .setImage(config.getImage())
              .setImageRef(config.getImage().getImage())
              .setResources(
                  ContainerResources.newBuilder().setLinux(config.getLinux().getResources()))
              .putAllLabels(config.getLabelsMap())
              .putAllAnnotations(config.getAnnotationsMap())
              .setLogPath(sandbox.getLogDirectory() + "/" + config.getLogPath())
              .build());
      return id;
    }
  }

  @Override
  public void startContainer(String id) {
    String name;
    synchronized (this) {
      name = containers.get(id).getMetadata().getName();
    }
    call("startContainer " + name);
    beginLog(id);
    synchronized (this) {
      containers.computeIfPresent(
          id,
          (k, c) ->
              c.toBuilder()
                  .setState(dev.coracle.cri.v1.ContainerState.CONTAINER_RUNNING)
                  .setStartedAt(nanos())
                  .build());
    }
    tell(id, ContainerEventType.CONTAINER_STARTED_EVENT);
  }

  /** Where there is a place for it, as for pods that are not simulated. */
  private void beginLog(String id) {
    Path log;
    synchronized (this) {
      log = Path.of(containers.get(id).getLogPath());
    }
    Path directory = log.getParent();
    if (directory != null && Files.isDirectory(directory) && Files.notExists(log)) {
      try {
        Files.createFile(log);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void stopContainer(String id, long graceSeconds) {
    String name;
    synchronized (this) {
      ContainerStatus c = containers.get(id);
      name = c == null ? id : c.getMetadata().getName();
    }
    call("stopContainer " + name + " " + graceSeconds);
    end(id, 137, "");
  }

  @Override
  public synchronized void removeContainer(String id) {
    ContainerStatus c = containers.remove(id);
    call("removeContainer " + (c == null ? id : c.getMetadata().getName()));
  }

  @Override
  public synchronized ContainerStatus containerStatus(String id) {
    ContainerStatus c = containers.get(id);
    if (c == null) {
      throw new CriException(Code.NOT_FOUND, "no container " + id);
    }
    return c;
  }

  @Override
  public synchronized List<Container> listContainers(ContainerFilter filter) {
    ask("listContainers");
    List<Container> out = new ArrayList<>();
    for (ContainerStatus c : containers.values()) {
      if (c.getLabelsMap().entrySet().containsAll(filter.getLabelSelectorMap().entrySet())) {
        out.add(
            Container.newBuilder()
                .setId(c.getId())
                .setPodSandboxId(sandboxOf.getOrDefault(c.getId(), ""))
                .setMetadata(c.getMetadata())
                .setState(c.getState())
                .setCreatedAt(c.getCreatedAt())
                .putAllLabels(c.getLabelsMap())
                .build());
      }
    }
    return out;
  }

  @Override
  public void updateContainerResources(String id, LinuxContainerResources resources) {
    call("updateContainerResources");
    holds(id, resources);
  }

  /** Something that the kubelet knows nothing of changes what a container is held to. */
  public synchronized void holds(String id, LinuxContainerResources resources) {
    containers.computeIfPresent(
        id,
        (k, c) ->
            c.toBuilder()
                .mergeResources(ContainerResources.newBuilder().setLinux(resources).build())
                .build());
  }

  @Override
  public void reopenContainerLog(String id) {
    call("reopenContainerLog");
  }

  @Override
  public void checkpointContainer(String id, Path file, Duration timeout) {
    call("checkpointContainer " + timeout.toSeconds());
    try {
      Files.writeString(file, id);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public ExecSyncResponse execSync(String id, List<String> command, Duration timeout) {
    call("exec " + String.join(" ", command));
    return ExecSyncResponse.newBuilder().setExitCode(execs.apply(command)).build();
  }

  @Override
  public String exec(ExecRequest request) {
    return "http://127.0.0.1:1/exec";
  }

  @Override
  public String attach(AttachRequest request) {
    return "http://127.0.0.1:1/attach";
  }

  @Override
  public String portForward(PortForwardRequest request) {
    return "http://127.0.0.1:1/portforward";
  }

  @Override
  public synchronized List<ContainerStats> containerStats() {
    List<ContainerStats> out = new ArrayList<>();
    memory.forEach((name, bytes) ->
        running(name)
            .ifPresent(c -> {
              ContainerStats.Builder stats = ContainerStats.newBuilder();
              stats
                  .getAttributesBuilder()
                  .setId(c.getId())
                  .putAllLabels(c.getLabelsMap())
                  .setMetadata(c.getMetadata());
              stats.getMemoryBuilder().getWorkingSetBytesBuilder().setValue(bytes);
              out.add(stats.build());
            }));
    return out;
  }

  @Override
  public List<PodSandboxStats> podSandboxStats() {
    return List.of();
  }

  @Override
  public synchronized List<Image> listImages() {
    return List.copyOf(images.values());
  }

  @Override
  public synchronized Optional<Image> imageStatus(String image) {
    return Optional.ofNullable(images.get(image));
  }

  @Override
  public String pullImage(String image, Optional<AuthConfig> auth, PodSandboxConfig sandbox) {
    call("pullImage " + image + auth.map(a -> " as " + a.getUsername()).orElse(""));
    image(image);
    return "sha256:" + image;
  }

  @Override
  public synchronized void removeImage(String image) {
    call("removeImage " + image);
    images.values().removeIf(i -> i.getId().equals(image) || i.getRepoTagsList().contains(image));
  }

  @Override
  public ImageFsInfoResponse imageFsInfo() {
    return ImageFsInfoResponse.getDefaultInstance();
  }

  @Override
  public EventStream events(
      Consumer<ContainerEventResponse> handler, Consumer<CriException> ended) {
    streamsAsked.incrementAndGet();
    if (endsStreams) {
      ended.accept(new CriException(Code.OK, "the stream ended"));
      return () -> {};
    }
    if (endOfEvents.isPresent()) {
      ended.accept(new CriException(Code.UNIMPLEMENTED, "unknown method GetContainerEvents"));
      endOfEvents.get().run();
      return () -> {};
    }
    listeners.add(handler);
    return () -> listeners.remove(handler);
  }

  @Override
  public void close() {}
}
