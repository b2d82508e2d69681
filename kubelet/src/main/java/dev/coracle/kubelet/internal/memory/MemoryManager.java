package dev.coracle.kubelet.internal.memory;

import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.MemoryManagement;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.QosClass;
import dev.coracle.kubelet.internal.runtime.NodeDevices.Refused;
import dev.coracle.kubelet.internal.topology.HintProvider;
import dev.coracle.kubelet.internal.topology.NumaMask;
import dev.coracle.kubelet.internal.topology.NumaNodes;
import dev.coracle.kubelet.internal.topology.TopologyHint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps memory and huge pages of NUMA nodes for the containers of Guaranteed pods (upstream's
 * policy {@code Static}); where the policy is {@code None} it keeps nothing for anybody. A
 * container keeps what it has until its pod has ended, also over a restart of the kubelet. State is
 * guarded by this.
 */
public final class MemoryManager implements HintProvider {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryManager.class);

  private final MemoryManagement options;
  private final Map<Integer, Map<String, NodeMemory>> machine;
  private final MemoryCheckpoint checkpoint;
  private final KubeletMetrics metrics;
  private final Map<String, Map<String, List<MemoryBlock>>> held = new TreeMap<>();

  /**
   * @param kept what is kept of all memory: for Kubernetes, for the system, and by eviction
   * @param file where is kept who holds what
   * @throws IllegalArgumentException it is not what is reserved of the nodes
   */
  public MemoryManager(
      MemoryManagement options, NumaNodes numa, Quantity kept, Path file, KubeletMetrics metrics) {
    this.metrics = metrics;
    this.options = options;
    this.machine =
        options.exclusive() ? MemoryReservations.of(numa, options.reserved(), kept) : Map.of();
    this.checkpoint = new MemoryCheckpoint(file);
  }

  /**
   * Reads who holds what; before the first pod is looked at.
   *
   * @throws IllegalStateException what an earlier kubelet wrote cannot go on as it is
   */
  public synchronized void restore() {
    Optional<MemoryCheckpoint.State> state;
    try {
      state = checkpoint.read();
    } catch (IOException e) {
      throw drain(String.valueOf(e.getMessage()), e);
    }
    if (state.isPresent() && !state.get().policy().equals(options.policy())) {
      throw drain(
          "[memorymanager] configured policy \""
              + options.policy()
              + "\" differs from state checkpoint policy \""
              + state.get().policy()
              + "\"",
          null);
    }
    if (!options.exclusive()) {
      return;
    }
    if (state.isPresent()) {
      if (!state.get().machine().equals(machine)) {
        throw drain(
            "[memorymanager] the expected machine state is different from the real one", null);
      }
      held.putAll(state.get().held());
    }
    save();
  }

  private IllegalStateException drain(String why, @Nullable Exception e) {
    return checkpoint.file().unusable("memory manager", why, e);
  }

  @Override
  public synchronized void allocate(Pod pod, ContainerSpec container, TopologyHint hint)
      throws Refused {
    Map<String, Long> wanted = wanted(pod, container);
    if (wanted.isEmpty() || !of(pod.uid(), container.name()).isEmpty()) {
      return;
    }
    boolean refused = true;
    try {
      NumaMask nodes = nodes(room(), wanted, reusable(pod, container), hint);
      give(pod, container, wanted, nodes);
      refused = false;
    } finally {
      metrics.plugins().memoryPinned(refused);
    }
  }

  private void give(Pod pod, ContainerSpec container, Map<String, Long> wanted, NumaMask nodes) {
    List<MemoryBlock> blocks = new ArrayList<>();
    wanted.forEach((type, bytes) -> blocks.add(new MemoryBlock(type, bytes, nodes)));
    giveBack(pod, container, blocks);
    held.computeIfAbsent(pod.uid(), _ -> new TreeMap<>()).put(container.name(), blocks);
    save();
  }

  /** The hint's nodes, or those and others if they have not as much. */
  private static NumaMask nodes(
      MemoryRoom room, Map<String, Long> wanted, List<MemoryBlock> reusable, TopologyHint hint)
      throws Refused {
    NumaMask asked = hint.nodes();
    if (asked != null && room.has(asked, wanted)) {
      if (!room.isWhole(asked)) {
        throw refused("preferred hint violates NUMA node allocation");
      }
      return asked;
    }
    NumaMask least = hint.nodesOr(NumaMask.NONE);
    Optional<TopologyHint> best =
        room.hints(wanted, reusable).stream()
            .filter(h -> h.nodesOr(NumaMask.NONE).hasAll(least))
            .min(
                Comparator.comparing((TopologyHint h) -> !h.preferred())
                    .thenComparing(h -> h.nodesOr(NumaMask.NONE).count())
                    .thenComparing(h -> h.nodesOr(NumaMask.NONE).bits()));
    if (best.isEmpty()) {
      throw refused(
          asked == null
              ? "failed to get the default NUMA affinity, no NUMA nodes with enough memory is"
                  + " available"
              : "failed to find NUMA nodes to extend the current topology hint");
    }
    if (hint.preferred() && !best.get().preferred()) {
      throw refused(
          "failed to find the " + (asked == null ? "default" : "extended") + " preferred hint");
    }
    return best.get().nodesOr(NumaMask.NONE);
  }

  private static Refused refused(String why) {
    return Refused.unexpected("[memorymanager] " + why);
  }

  /** What a pod holds for containers that have ended when this one starts. */
  private List<MemoryBlock> reusable(Pod pod, ContainerSpec until) {
    return ended(pod, until).flatMap(c -> of(pod.uid(), c.name()).stream()).toList();
  }

  private static Stream<ContainerSpec> ended(Pod pod, ContainerSpec until) {
    return pod.initContainers().stream()
        .takeWhile(c -> !c.name().equals(until.name()))
        .filter(c -> !c.isSidecar());
  }

  /** What a container has again is no longer counted for the one that had it before. */
  private void giveBack(Pod pod, ContainerSpec container, List<MemoryBlock> blocks) {
    Map<String, List<MemoryBlock>> containers = held.getOrDefault(pod.uid(), Map.of());
    for (MemoryBlock block : blocks) {
      long left = block.size();
      for (ContainerSpec before : ended(pod, container).toList()) {
        List<MemoryBlock> had = new ArrayList<>(of(pod.uid(), before.name()));
        if (had.isEmpty()) {
          continue;
        }
        for (int i = 0; i < had.size(); i++) {
          MemoryBlock old = had.get(i);
          if (old.type().equals(block.type()) && old.nodes().equals(block.nodes())) {
            long again = Math.min(left, old.size());
            had.set(i, old.less(again));
            left -= again;
          }
        }
        containers.computeIfPresent(before.name(), (_, _) -> List.copyOf(had));
      }
    }
  }

  @Override
  public synchronized Map<String, List<TopologyHint>> hints(Pod pod, ContainerSpec container) {
    List<MemoryBlock> has = of(pod.uid(), container.name());
    return has.isEmpty() ? hints(wanted(pod, container), reusable(pod, container)) : again(has);
  }

  @Override
  public synchronized Map<String, List<TopologyHint>> hints(Pod pod) {
    for (ContainerSpec container : HintProvider.containers(pod)) {
      List<MemoryBlock> has = of(pod.uid(), container.name());
      if (!has.isEmpty()) {
        return again(has);
      }
    }
    Map<String, Long> wanted = new TreeMap<>();
    HintProvider.containers(pod)
        .forEach(c ->
            wanted(pod, c)
                .keySet()
                .forEach(type ->
                    wanted.computeIfAbsent(
                        type,
                        t ->
                            HintProvider.together(
                                pod, each -> wanted(pod, each).getOrDefault(t, 0L)))));
    return hints(wanted, List.of());
  }

  /**
   * Types of memory come from the same nodes. What cannot be had at all is told when it is given.
   */
  private Map<String, List<TopologyHint>> hints(
      Map<String, Long> wanted, List<MemoryBlock> reusable) {
    List<TopologyHint> hints = wanted.isEmpty() ? List.of() : room().hints(wanted, reusable);
    return hints.isEmpty()
        ? Map.of()
        : wanted.keySet().stream().collect(Collectors.toMap(type -> type, _ -> hints));
  }

  private static Map<String, List<TopologyHint>> again(List<MemoryBlock> has) {
    return has.stream()
        .collect(
            Collectors.toMap(
                MemoryBlock::type,
                block -> List.of(new TopologyHint(block.nodes(), true)),
                (first, _) -> first));
  }

  /** Bytes that a container has alone, by type. */
  private Map<String, Long> wanted(Pod pod, ContainerSpec container) {
    if (!options.exclusive()
        || QosClass.of(pod) != QosClass.GUARANTEED
        || pod.spec().path("resources").isObject()) {
      return Map.of();
    }
    Map<String, Long> out = new TreeMap<>();
    container
        .requests()
        .properties()
        .forEach(e -> {
          Quantity amount = Quantity.tryParse(e.getValue().asText());
          if (MemoryManagement.isMemory(e.getKey()) && amount != null && amount.signum() > 0) {
            out.put(e.getKey(), amount.longValue());
          }
        });
    return out;
  }

  private MemoryRoom room() {
    return new MemoryRoom(machine, state().blocks());
  }

  private MemoryCheckpoint.State state() {
    return new MemoryCheckpoint.State(options.policy(), machine, held);
  }

  /** What a container has alone. */
  public synchronized List<MemoryBlock> of(String podUid, String container) {
    return held.getOrDefault(podUid, Map.of()).getOrDefault(container, List.of());
  }

  /** The NUMA nodes that a container's memory comes from, as the kernel lists them; empty: all. */
  public String nodes(String podUid, String container) {
    return of(podUid, container).stream()
        .flatMap(block -> block.nodes().nodes().stream())
        .collect(Collectors.toCollection(TreeSet::new))
        .stream()
        .map(String::valueOf)
        .collect(Collectors.joining(","));
  }

  /** What can be given to containers alone, now or when its holder has gone. */
  public List<MemoryBlock> allocatable() {
    List<MemoryBlock> out = new ArrayList<>();
    machine.forEach((node, types) ->
        types.forEach((type, memory) -> {
          if (memory.allocatable() > 0) {
            out.add(new MemoryBlock(type, memory.allocatable(), NumaMask.of(List.of(node))));
          }
        }));
    return out;
  }

  /** The pod has ended: its memory is everybody's. */
  public synchronized void release(String podUid) {
    if (held.remove(podUid) != null) {
      save();
    }
  }

  /** Of pods that are gone while the kubelet was away. */
  public synchronized void keepOnly(Collection<String> podUids) {
    if (held.keySet().retainAll(podUids)) {
      save();
    }
  }

  private void save() {
    try {
      checkpoint.write(state());
    } catch (IOException e) {
      LOG.atError()
          .addKeyValue("why", e.getMessage())
          .log("Who holds which memory cannot be written");
    }
  }
}
