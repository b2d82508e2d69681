package dev.coracle.kubelet.internal.runtime;

import dev.coracle.api.net.IpFamily;
import dev.coracle.cri.v1.Container;
import dev.coracle.cri.v1.ContainerFilter;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.cri.v1.PodIP;
import dev.coracle.cri.v1.PodSandbox;
import dev.coracle.cri.v1.PodSandboxFilter;
import dev.coracle.cri.v1.PodSandboxState;
import dev.coracle.cri.v1.PodSandboxStatus;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The last known {@link PodRuntimeStatus} of each pod. {@link #read} asks the runtime, {@link
 * #last} does not. What cannot change any more (an ended container, a ready sandbox's addresses) is
 * taken from the last reading, so a reading costs two lists and one status call per living
 * container. {@link #look} does without a reading where nothing can have happened that is not
 * known. Safe for any thread; one reading of a pod is made at a time.
 */
public final class RuntimeCache {
  private final RuntimeService runtime;
  private final IpFamily primary;
  private final Clock clock;
  private final ConcurrentHashMap<String, PodRuntimeStatus> byUid = new ConcurrentHashMap<>();

  private final RuntimeNews news = new RuntimeNews();
  private volatile java.util.function.Predicate<String> unheardOf = _ -> false;

  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /** Hears of every reading. */
  @FunctionalInterface
  public interface Listener {
    /**
     * @param uid the pod's
     * @param before what was known before
     */
    void read(String uid, PodRuntimeStatus before, PodRuntimeStatus now);
  }

  /**
   * @param nodeIp whose family is that of pods' primary addresses; empty for IPv4
   */
  public RuntimeCache(RuntimeService runtime, String nodeIp, Clock clock) {
    this.runtime = runtime;
    this.primary = IpFamily.of(nodeIp);
    this.clock = clock;
  }

  public void onRead(Listener listener) {
    listeners.add(listener);
  }

  private void tell(String uid, PodRuntimeStatus before, PodRuntimeStatus now) {
    listeners.forEach(l -> l.read(uid, before, now));
  }

  /**
   * @param test whether the runtime has never told of anything of this pod
   */
  public void unheardOfBy(java.util.function.Predicate<String> test) {
    unheardOf = test;
  }

  /** An event: something of the pod ended or was removed. */
  public void ended(String uid) {
    if (byUid.containsKey(uid)) {
      news.ended(uid);
    }
  }

  /**
   * An event: a container or sandbox was made or started.
   *
   * @return whether that was known
   */
  public boolean mentioned(String uid, String id, boolean started) {
    if (!byUid.containsKey(uid)) {
      return false;
    }
    news.mentioned(uid, id);
    PodRuntimeStatus known = byUid.getOrDefault(uid, PodRuntimeStatus.NOTHING);
    return known.has(id)
        && (!started || known.byId(id).map(ContainerState::isRunning).orElse(true));
  }

  /** Sums something up over all pods. */
  public int count(java.util.function.ToIntFunction<PodRuntimeStatus> of) {
    return byUid.values().stream().mapToInt(of).sum();
  }

  /** Whether a container runs, as far as was read. */
  public boolean isRunning(String containerId) {
    return byUid.values().stream()
        .anyMatch(p -> p.byId(containerId).filter(ContainerState::isRunning).isPresent());
  }

  public Optional<PodRuntimeStatus> last(String uid) {
    return Optional.ofNullable(byUid.get(uid));
  }

  public void forget(String uid) {
    news.forget(uid);
    PodRuntimeStatus before = byUid.remove(uid);
    if (before != null) {
      tell(uid, before, PodRuntimeStatus.NOTHING);
    }
  }

  public java.util.Set<String> uids() {
    return byUid.keySet();
  }

  /**
   * What the runtime has of the pod now. It is asked, unless the pod is new to it or what it has
   * was all made by the turn before ({@link #started}) and no event told of anything else.
   */
  public PodRuntimeStatus look(String uid) {
    PodRuntimeStatus nothing = new PodRuntimeStatus(List.of(), List.of(), now());
    PodRuntimeStatus known = byUid.putIfAbsent(uid, nothing);
    if (known == null) {
      return unheardOf.test(uid) ? nothing : read(uid);
    }
    return news.takeComplete(uid, known) ? known : read(uid);
  }

  private long now() {
    Instant now = clock.instant();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  /** Asks the runtime. */
  public PodRuntimeStatus read(String uid) {
    news.read(uid);
    PodRuntimeStatus before = byUid.getOrDefault(uid, PodRuntimeStatus.NOTHING);
    long readAt = now();
    // Side by side: what a pod's start waits for is round trips to the runtime.
    CompletableFuture<List<Container>> listed =
        CompletableFuture.supplyAsync(
            () ->
                runtime.listContainers(
                    ContainerFilter.newBuilder().putLabelSelector(Labels.POD_UID, uid).build()),
            Thread::startVirtualThread);
    List<SandboxState> sandboxes = new ArrayList<>();
    for (PodSandbox s :
        runtime.listPodSandboxes(
            PodSandboxFilter.newBuilder().putLabelSelector(Labels.POD_UID, uid).build())) {
      sandbox(s, before).ifPresent(sandboxes::add);
    }
    sandboxes.sort(Comparator.comparingLong(SandboxState::createdAt).reversed());
    List<ContainerState> containers = new ArrayList<>();
    for (Container c : answer(listed)) {
      container(c, before).ifPresent(containers::add);
    }
    containers.sort(Comparator.comparingLong(ContainerState::createdAt).reversed());
    PodRuntimeStatus status = new PodRuntimeStatus(sandboxes, containers, readAt);
    byUid.put(uid, status);
    tell(uid, before, status);
    return status;
  }

  private static <T> T answer(CompletableFuture<T> call) {
    try {
      return call.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof CriException cri) {
        throw cri;
      }
      throw e;
    }
  }

  /**
   * Adds a sandbox just made to what is known, which costs one call; nothing else is read, so the
   * time of the reading stays as it is.
   */
  public PodRuntimeStatus made(String uid, String sandboxId) {
    PodRuntimeStatus before = byUid.getOrDefault(uid, PodRuntimeStatus.NOTHING);
    List<SandboxState> sandboxes = new ArrayList<>();
    sandboxes.add(state(runtime.podSandboxStatus(sandboxId)));
    before.sandboxes().stream().filter(s -> !s.id().equals(sandboxId)).forEach(sandboxes::add);
    PodRuntimeStatus status = new PodRuntimeStatus(sandboxes, before.containers(), before.readAt());
    byUid.put(uid, status);
    tell(uid, before, status);
    return status;
  }

  /** To be given to {@link #started}; taken before the first of the containers is started. */
  public long beforeStart(String uid) {
    return news.ends(uid);
  }

  /**
   * Adds the containers started just now to what is known, which costs one call each.
   *
   * @param before what {@link #beforeStart} answered
   */
  public void started(String uid, String sandboxId, List<String> ids, long before) {
    PodRuntimeStatus known = byUid.getOrDefault(uid, PodRuntimeStatus.NOTHING);
    List<ContainerState> containers = new ArrayList<>();
    try {
      for (String id : ids) {
        containers.add(ContainerState.of(sandboxId, runtime.containerStatus(id)));
      }
    } catch (CriException e) {
      return; // The next turn reads everything, and tells what is the matter.
    }
    containers.addAll(known.containers());
    containers.sort(Comparator.comparingLong(ContainerState::createdAt).reversed());
    PodRuntimeStatus status = new PodRuntimeStatus(known.sandboxes(), containers, known.readAt());
    byUid.put(uid, status);
    tell(uid, known, status);
    news.complete(uid, before);
  }

  private Optional<SandboxState> sandbox(PodSandbox listed, PodRuntimeStatus before) {
    boolean ready = listed.getState() == PodSandboxState.SANDBOX_READY;
    for (SandboxState known : before.sandboxes()) {
      if (known.id().equals(listed.getId())
          && known.ready() == ready
          && (!ready || known.hostNetwork() || !known.ips().isEmpty())) {
        return Optional.of(known);
      }
    }
    try {
      return Optional.of(state(runtime.podSandboxStatus(listed.getId())));
    } catch (CriException e) {
      if (e.isNotFound()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** One of each family, as a Pod may have them: that of the node's own address first. */
  private List<String> ordered(List<String> ips) {
    List<String> out = new ArrayList<>();
    ips.stream().filter(ip -> IpFamily.of(ip) == primary).findFirst().ifPresent(out::add);
    ips.stream().filter(ip -> IpFamily.of(ip) != primary).findFirst().ifPresent(out::add);
    return out;
  }

  private SandboxState state(PodSandboxStatus s) {
    List<String> ips = new ArrayList<>();
    if (!s.getNetwork().getIp().isEmpty()) {
      ips.add(s.getNetwork().getIp());
    }
    for (PodIP ip : s.getNetwork().getAdditionalIpsList()) {
      ips.add(ip.getIp());
    }
    return new SandboxState(
        s.getId(),
        s.getState() == PodSandboxState.SANDBOX_READY,
        s.getMetadata().getAttempt(),
        s.getCreatedAt(),
        s.getLinux().getNamespaces().getOptions().getNetwork() == NamespaceMode.NODE,
        ordered(ips));
  }

  private Optional<ContainerState> container(Container listed, PodRuntimeStatus before) {
    Optional<ContainerState> known = before.byId(listed.getId());
    if (known.isPresent() && known.get().isExited()) {
      return known;
    }
    try {
      return Optional.of(
          ContainerState.of(listed.getPodSandboxId(), runtime.containerStatus(listed.getId())));
    } catch (CriException e) {
      if (e.isNotFound()) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
