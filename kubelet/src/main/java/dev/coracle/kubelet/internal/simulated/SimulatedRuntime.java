package dev.coracle.kubelet.internal.simulated;

import dev.coracle.cri.v1.*;
import dev.coracle.kubelet.config.SimulationOptions;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.runtime.Labels;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import dev.coracle.kubelet.spi.RuntimeService;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * A CRI runtime that only pretends: sandboxes and containers are entries of a map, every image is
 * present, and what a call takes and whether it fails is the pod's {@link Behaviour}. Questions
 * about one pod are answered from an index by its uid. Guarded by this; waits and events are
 * outside the lock.
 */
public final class SimulatedRuntime implements RuntimeService {
  private static final int ADDRESSES = 254;

  private final SimulationOptions options;
  private final Timers timers;
  private final RandomGenerator random;
  private final String addressPrefix;
  private final Map<String, SimulatedPod> sandboxes = new LinkedHashMap<>();
  private final Map<String, SimulatedPod> podOfContainer = new HashMap<>();
  private final Map<String, List<SimulatedPod>> byUid = new HashMap<>();
  private final java.util.BitSet addresses = new java.util.BitSet(ADDRESSES + 1);
  private final List<Consumer<ContainerEventResponse>> listeners = new CopyOnWriteArrayList<>();

  /**
   * @param addressPrefix the first three numbers of the addresses it gives to pods
   * @param random decides delays and failures
   */
  public SimulatedRuntime(
      SimulationOptions options, Timers timers, String addressPrefix, RandomGenerator random) {
    this.options = options;
    this.timers = timers;
    this.addressPrefix = addressPrefix;
    this.random = random;
    addresses.set(0, 2);
  }

  private long now() {
    Instant now = timers.clock().instant();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  /** The same form as real ids have, so that tools that cut them off work. */
  private synchronized String id() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(random.nextLong())
        + hex.toHexDigits(random.nextLong())
        + hex.toHexDigits(random.nextLong())
        + hex.toHexDigits(random.nextLong());
  }

  private void pause(Duration time) {
    if (time.isPositive()) {
      CompletableFuture<Void> over = new CompletableFuture<>();
      timers.after(time, () -> over.complete(null));
      over.join();
    }
  }

  private synchronized Duration jitter(Duration atMost) {
    return atMost.isPositive()
        ? Duration.ofNanos(random.nextLong(atMost.toNanos() + 1))
        : Duration.ZERO;
  }

  private synchronized boolean fails(Behaviour behaviour) {
    return behaviour.failures() > 0 && random.nextDouble() < behaviour.failures();
  }

  @Override
  public VersionResponse version() {
    return VersionResponse.newBuilder()
        .setVersion("0.1.0")
        .setRuntimeName("simulated")
        .setRuntimeVersion("1")
        .setRuntimeApiVersion("v1")
        .build();
  }

  @Override
  public StatusResponse status(boolean verbose) {
    return StatusResponse.newBuilder()
        .setStatus(
            RuntimeStatus.newBuilder()
                .addConditions(
                    RuntimeCondition.newBuilder().setType("RuntimeReady").setStatus(true))
                .addConditions(
                    RuntimeCondition.newBuilder().setType("NetworkReady").setStatus(true)))
        .build();
  }

  @Override
  public void updatePodCidr(String podCidr) {}

  @Override
  public String runPodSandbox(PodSandboxConfig config, String runtimeHandler) {
    Behaviour behaviour = Behaviour.of(config.getAnnotationsMap(), options);
    pause(behaviour.startDelay().plus(jitter(behaviour.startJitter())));
    String id = id();
    SimulatedPod pod;
    synchronized (this) {
      String ip = SimulatedPod.onHostNetwork(config) ? "" : address();
      pod = new SimulatedPod(id, config, behaviour, ip, now());
      sandboxes.put(id, pod);
      byUid.computeIfAbsent(config.getMetadata().getUid(), u -> new ArrayList<>(1)).add(pod);
    }
    tell(pod, id, ContainerEventType.CONTAINER_STARTED_EVENT);
    return id;
  }

  private String address() {
    int free = addresses.nextClearBit(0);
    if (free > ADDRESSES) {
      throw new CriException(
          Code.RESOURCE_EXHAUSTED, "no free address in " + addressPrefix + ".0/24");
    }
    addresses.set(free);
    return addressPrefix + "." + free;
  }

  @Override
  public void stopPodSandbox(String id) {
    SimulatedPod pod;
    synchronized (this) {
      pod = sandboxes.get(id);
      if (pod == null || !pod.ready) {
        return;
      }
      pod.ready = false;
      if (!pod.ip().isEmpty()) {
        addresses.clear(Integer.parseInt(pod.ip().substring(addressPrefix.length() + 1)));
      }
    }
    tell(pod, id, ContainerEventType.CONTAINER_STOPPED_EVENT);
  }

  @Override
  public synchronized void removePodSandbox(String id) {
    SimulatedPod pod = sandboxes.remove(id);
    if (pod != null) {
      pod.boxes.keySet().forEach(podOfContainer::remove);
      byUid.computeIfPresent(
          pod.uid(),
          (u, pods) -> {
            pods.remove(pod);
            return pods.isEmpty() ? null : pods;
          });
    }
  }

  @Override
  public synchronized PodSandboxStatus podSandboxStatus(String id) {
    SimulatedPod pod = sandboxes.get(id);
    if (pod == null) {
      throw new CriException(Code.NOT_FOUND, "no sandbox " + id);
    }
    return pod.status();
  }

  @Override
  public synchronized List<PodSandbox> listPodSandboxes(PodSandboxFilter filter) {
    Map<String, String> selector = filter.getLabelSelectorMap();
    List<PodSandbox> out = new ArrayList<>();
    for (SimulatedPod pod : pods(selector)) {
      if (pod.hasLabels(selector)) {
        out.add(pod.listed());
      }
    }
    return out;
  }

  /** Those that the selector may mean: all, or those of its pod. */
  private Collection<SimulatedPod> pods(Map<String, String> selector) {
    String uid = selector.get(Labels.POD_UID);
    return uid == null ? sandboxes.values() : byUid.getOrDefault(uid, List.of());
  }

  @Override
  public String createContainer(
      String sandboxId, ContainerConfig config, PodSandboxConfig sandbox) {
    String id = id();
    SimulatedPod pod;
    synchronized (this) {
      pod = sandboxes.get(sandboxId);
      if (pod == null) {
        throw new CriException(Code.NOT_FOUND, "no sandbox " + sandboxId);
      }
      pod.boxes.put(id, new SimulatedPod.Box(id, config, now()));
      podOfContainer.put(id, pod);
    }
    tell(pod, id, ContainerEventType.CONTAINER_CREATED_EVENT);
    return id;
  }

  @Override
  public void startContainer(String id) {
    SimulatedPod pod = pod(id);
    if (fails(pod.behaviour)) {
      throw new CriException(Code.UNKNOWN, "failed to start container: simulated failure");
    }
    synchronized (this) {
      box(pod, id).startedAt = now();
    }
    tell(pod, id, ContainerEventType.CONTAINER_STARTED_EVENT);
    pod.behaviour
        .runs()
        .ifPresent(time -> timers.after(time, () -> end(id, pod.behaviour.exitCode())));
  }

  private synchronized SimulatedPod pod(String containerId) {
    SimulatedPod pod = podOfContainer.get(containerId);
    if (pod == null) {
      throw new CriException(Code.NOT_FOUND, "no container " + containerId);
    }
    return pod;
  }

  private static SimulatedPod.Box box(SimulatedPod pod, String id) {
    SimulatedPod.Box box = pod.boxes.get(id);
    if (box == null) {
      throw new CriException(Code.NOT_FOUND, "no container " + id);
    }
    return box;
  }

  private void end(String id, int code) {
    SimulatedPod pod;
    synchronized (this) {
      pod = podOfContainer.get(id);
      SimulatedPod.Box box = pod == null ? null : pod.boxes.get(id);
      if (pod == null || box == null || box.finishedAt > 0 || box.startedAt == 0) {
        return;
      }
      box.finishedAt = Math.max(now(), box.startedAt);
      box.exitCode = code;
      box.reason = code == 0 ? "Completed" : "Error";
    }
    tell(pod, id, ContainerEventType.CONTAINER_STOPPED_EVENT);
  }

  @Override
  public void stopContainer(String id, long graceSeconds) {
    Duration delay = pod(id).behaviour.stopDelay();
    Duration grace = Duration.ofSeconds(Math.max(0, graceSeconds));
    boolean killed = delay.compareTo(grace) > 0;
    pause(killed ? grace : delay);
    end(id, killed ? 137 : 143);
  }

  @Override
  public synchronized void removeContainer(String id) {
    SimulatedPod pod = podOfContainer.remove(id);
    if (pod != null) {
      pod.boxes.remove(id);
    }
  }

  @Override
  public synchronized ContainerStatus containerStatus(String id) {
    SimulatedPod pod = pod(id);
    return pod.status(box(pod, id));
  }

  @Override
  public synchronized List<Container> listContainers(ContainerFilter filter) {
    Map<String, String> selector = filter.getLabelSelectorMap();
    List<Container> out = new ArrayList<>();
    for (SimulatedPod pod : pods(selector)) {
      for (SimulatedPod.Box box : pod.boxes.values()) {
        if (box.hasLabels(selector)) {
          out.add(pod.listed(box));
        }
      }
    }
    return out;
  }

  private void tell(SimulatedPod pod, String id, ContainerEventType type) {
    ContainerEventResponse event;
    synchronized (this) {
      event =
          ContainerEventResponse.newBuilder()
              .setContainerId(id)
              .setContainerEventType(type)
              .setCreatedAt(now())
              .setPodSandboxStatus(pod.status())
              .build();
    }
    listeners.forEach(l -> l.accept(event));
  }

  @Override
  public void updateContainerResources(String id, LinuxContainerResources resources) {
    pod(id);
  }

  @Override
  public void reopenContainerLog(String id) {
    pod(id);
  }

  @Override
  public void checkpointContainer(String id, Path file, Duration timeout) {
    throw new CriException(Code.UNIMPLEMENTED, "a simulated container has no state to keep");
  }

  /** Every command succeeds and says nothing, so probes by command pass. */
  @Override
  public ExecSyncResponse execSync(String id, List<String> command, Duration timeout) {
    pod(id);
    return ExecSyncResponse.getDefaultInstance();
  }

  @Override
  public String exec(ExecRequest request) {
    throw noStreams();
  }

  @Override
  public String attach(AttachRequest request) {
    throw noStreams();
  }

  @Override
  public String portForward(PortForwardRequest request) {
    throw noStreams();
  }

  private static CriException noStreams() {
    return new CriException(Code.UNIMPLEMENTED, "a simulated node has nothing to connect to");
  }

  @Override
  public List<ContainerStats> containerStats() {
    return List.of();
  }

  @Override
  public List<PodSandboxStats> podSandboxStats() {
    return List.of();
  }

  @Override
  public List<Image> listImages() {
    return List.of();
  }

  @Override
  public Optional<Image> imageStatus(String image) {
    return Optional.of(Image.newBuilder().setId(image).addRepoTags(image).build());
  }

  @Override
  public String pullImage(String image, Optional<AuthConfig> auth, PodSandboxConfig sandbox) {
    return image;
  }

  @Override
  public void removeImage(String image) {}

  @Override
  public ImageFsInfoResponse imageFsInfo() {
    return ImageFsInfoResponse.getDefaultInstance();
  }

  @Override
  public EventStream events(
      Consumer<ContainerEventResponse> handler, Consumer<CriException> ended) {
    listeners.add(handler);
    return () -> listeners.remove(handler);
  }

  @Override
  public void close() {}
}
