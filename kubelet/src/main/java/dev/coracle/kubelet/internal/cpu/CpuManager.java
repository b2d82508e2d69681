package dev.coracle.kubelet.internal.cpu;

import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.CpuManagement;
import dev.coracle.kubelet.config.CpuManagement.Option;
import dev.coracle.kubelet.config.CpuSet;
import dev.coracle.kubelet.config.NodeReservations;
import dev.coracle.kubelet.internal.metrics.AlignmentMetrics;
import dev.coracle.kubelet.internal.metrics.AlignmentMetrics.Boundary;
import dev.coracle.kubelet.internal.metrics.PluginMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.QosClass;
import dev.coracle.kubelet.internal.runtime.NodeDevices.Refused;
import dev.coracle.kubelet.internal.topology.HintProvider;
import dev.coracle.kubelet.internal.topology.NumaMask;
import dev.coracle.kubelet.internal.topology.TopologyHint;
import java.io.IOException;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the containers of Guaranteed pods that ask for whole CPUs theirs alone, and all others the
 * rest (upstream's policy {@code static}); where the policy is {@code none} it gives nobody
 * anything. A container keeps its CPUs until its pod has ended, also over a restart of the kubelet.
 * State is guarded by this.
 */
public final class CpuManager implements HintProvider {
  private static final Logger LOG = LoggerFactory.getLogger(CpuManager.class);

  private static final String SCOPE = "container";

  private final CpuManagement options;
  private final CpuTopology topology;
  private final CpuSet reserved;
  private final CpuCheckpoint checkpoint;
  private final PluginMetrics metrics;
  private final Runnable changed;
  private final Map<String, Map<String, CpuSet>> held = new TreeMap<>();

  /**
   * @param system {@code /sys/devices/system}
   * @param file where is kept who holds what
   * @param changed hears that those without CPUs of their own have others than before
   * @throws IllegalArgumentException the machine has not as many CPUs as are reserved
   */
  public CpuManager(
      CpuManagement options,
      Path system,
      NodeReservations reservations,
      Path file,
      PluginMetrics metrics,
      Runnable changed) {
    this(
        options,
        options.exclusive() ? CpuTopology.read(system) : new CpuTopology(List.of()),
        reservations,
        file,
        metrics,
        changed);
  }

  CpuManager(
      CpuManagement options,
      CpuTopology topology,
      NodeReservations reservations,
      Path file,
      PluginMetrics metrics,
      Runnable changed) {
    this.options = options;
    this.topology = topology;
    this.reserved = options.exclusive() ? reserved(topology, reservations) : CpuSet.NONE;
    this.checkpoint = new CpuCheckpoint(file);
    this.metrics = metrics;
    this.changed = changed;
    if (options.exclusive()) {
      metrics.alignment().promised(SCOPE, Boundary.PHYSICAL_CPU);
      metrics.alignment().promised(SCOPE, Boundary.UNCORE_CACHE);
    }
  }

  private static CpuSet reserved(CpuTopology topology, NodeReservations reservations) {
    if (!reservations.systemCpus().isEmpty()) {
      return CpuSet.parse(reservations.systemCpus());
    }
    int count = reservations.of("cpu").value().setScale(0, RoundingMode.CEILING).intValue();
    return CpuChoice.of(topology, topology.all(), count)
        .orElseThrow(() ->
            new IllegalArgumentException(
                "[cpumanager] unable to reserve the required amount of CPUs (size of \""
                    + topology.all()
                    + "\" did not equal "
                    + count
                    + ")"));
  }

  /**
   * Reads who holds what; before the first pod is looked at.
   *
   * @throws IllegalStateException what an earlier kubelet wrote cannot go on as it is
   */
  public synchronized void restore() {
    Optional<CpuCheckpoint.State> state;
    try {
      state = checkpoint.read();
    } catch (IOException e) {
      throw drain(String.valueOf(e.getMessage()), e);
    }
    if (state.isPresent() && !state.get().policy().equals(options.policy())) {
      throw drain(
          "configured policy \""
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
      held.putAll(state.get().held());
      CpuSet known = state.get().shared();
      for (Map<String, CpuSet> pod : held.values()) {
        for (CpuSet cpus : pod.values()) {
          known = known.plus(cpus);
        }
      }
      CpuSet usable = usable();
      if (!known.equals(usable)) {
        throw drain(
            "current set of available CPUs \""
                + usable
                + "\" doesn't match with CPUs in state \""
                + known
                + "\"",
            null);
      }
    }
    save();
  }

  private IllegalStateException drain(String why, @Nullable Exception e) {
    return checkpoint.file().unusable("CPU manager", why, e);
  }

  /** Those that pods may run on at all. */
  private CpuSet usable() {
    return options.has(Option.STRICT_CPU_RESERVATION)
        ? topology.all().minus(reserved)
        : topology.all();
  }

  @Override
  public void allocate(Pod pod, ContainerSpec container, TopologyHint hint) throws Refused {
    if (!options.exclusive()) {
      return;
    }
    synchronized (this) {
      if (!give(pod, container, hint)) {
        return;
      }
      save();
    }
    changed.run();
  }

  /** What a pod holds for containers that have ended when this one starts. */
  private CpuSet reusable(Pod pod, ContainerSpec until) {
    CpuSet out = CpuSet.NONE;
    for (ContainerSpec container : HintProvider.containers(pod)) {
      if (container.name().equals(until.name())) {
        break;
      }
      CpuSet cpus = exclusive(pod.uid(), container.name());
      out = container.isInit() && !container.isSidecar() ? out.plus(cpus) : out.minus(cpus);
    }
    return out;
  }

  private boolean give(Pod pod, ContainerSpec container, TopologyHint hint) throws Refused {
    int count = wanted(pod, container);
    if (count == 0 || !exclusive(pod.uid(), container.name()).isEmpty()) {
      return false;
    }
    boolean refused = true;
    try {
      choose(pod, container, count, hint);
      refused = false;
    } finally {
      metrics.cpusPinned(refused);
      tellAligned(exclusive(pod.uid(), container.name()), refused);
    }
    return true;
  }

  private void tellAligned(CpuSet given, boolean refused) {
    AlignmentMetrics alignment = metrics.alignment();
    if (options.has(Option.FULL_PCPUS_ONLY)) {
      if (refused) {
        alignment.failed(SCOPE, Boundary.PHYSICAL_CPU);
      } else {
        alignment.aligned(SCOPE, Boundary.PHYSICAL_CPU);
      }
    }
    if (!refused && topology.by(CpuTopology.Cpu::cache).stream().anyMatch(c -> c.contains(given))) {
      alignment.aligned(SCOPE, Boundary.UNCORE_CACHE);
    }
  }

  private void choose(Pod pod, ContainerSpec container, int count, TopologyHint hint)
      throws Refused {
    if (options.has(Option.FULL_PCPUS_ONLY) && count % topology.threads() != 0) {
      throw new Refused(
          "SMTAlignmentError",
          "SMT Alignment Error: requested "
              + count
              + " cpus not multiple cpus per core = "
              + topology.threads());
    }
    CpuSet reusable = reusable(pod, container);
    CpuSet free = free().plus(reusable);
    if (options.has(Option.FULL_PCPUS_ONLY)) {
      CpuSet all = free;
      free =
          topology.by(CpuTopology.Cpu::core).stream()
              .filter(all::contains)
              .reduce(CpuSet.NONE, CpuSet::plus);
    }
    if (free.size() < count) {
      throw Refused.unexpected(
          "not enough cpus available to satisfy request: requested="
              + count
              + ", available="
              + free.size());
    }
    NumaMask nodes = hint.nodes();
    CpuSet near = nodes == null ? topology.all() : CpuHints.on(topology, nodes);
    CpuSet chosen = CpuSet.NONE;
    for (CpuSet from : List.of(reusable.inBoth(near), free.inBoth(near), reusable, free)) {
      CpuSet left = from.minus(chosen);
      int more = Math.min(count - chosen.size(), left.size());
      chosen = chosen.plus(pick(left, more));
    }
    held.computeIfAbsent(pod.uid(), _ -> new TreeMap<>()).put(container.name(), chosen);
  }

  private CpuSet pick(CpuSet left, int count) {
    if (options.has(Option.PREFER_ALIGN_CPUS_BY_UNCORECACHE)) {
      return CpuChoice.byCache(topology, left, count).orElseThrow();
    }
    if (options.has(Option.DISTRIBUTE_CPUS_ACROSS_NUMA)) {
      int together = options.has(Option.FULL_PCPUS_ONLY) ? topology.threads() : 1;
      return CpuSpread.of(topology, left, count, together).orElseThrow();
    }
    return CpuChoice.of(topology, left, count).orElseThrow();
  }

  @Override
  public synchronized Map<String, List<TopologyHint>> hints(Pod pod, ContainerSpec container) {
    int count = wanted(pod, container);
    if (!options.exclusive() || count == 0) {
      return Map.of();
    }
    CpuSet has = exclusive(pod.uid(), container.name());
    if (has.isEmpty()) {
      return CpuHints.of(topology, free(), reusable(pod, container), count);
    }
    return has.size() == count
        ? CpuHints.of(topology, has, CpuSet.NONE, count)
        : CpuHints.IMPOSSIBLE;
  }

  @Override
  public synchronized Map<String, List<TopologyHint>> hints(Pod pod) {
    int count = (int) HintProvider.together(pod, container -> wanted(pod, container));
    if (!options.exclusive() || count == 0) {
      return Map.of();
    }
    CpuSet has = CpuSet.NONE;
    for (ContainerSpec container : HintProvider.containers(pod)) {
      CpuSet cpus = exclusive(pod.uid(), container.name());
      if (!cpus.isEmpty() && cpus.size() != wanted(pod, container)) {
        return CpuHints.IMPOSSIBLE;
      }
      has = has.plus(cpus);
    }
    return has.size() == count
        ? CpuHints.of(topology, has, CpuSet.NONE, count)
        : CpuHints.of(topology, free(), has, count);
  }

  /** Those that can be given now. */
  private CpuSet free() {
    return shared().minus(reserved);
  }

  /** How many CPUs a container gets alone where the policy is {@code static}; mostly none. */
  public static int wanted(Pod pod, ContainerSpec container) {
    if (QosClass.of(pod) != QosClass.GUARANTEED || pod.spec().path("resources").isObject()) {
      return 0;
    }
    Quantity cpu = Quantity.tryParse(container.requests().path("cpu").asText("0"));
    return cpu == null || cpu.millis() % 1000 != 0 ? 0 : (int) (cpu.millis() / 1000);
  }

  /** The CPUs that a container has alone; none for one that shares with others. */
  public synchronized CpuSet exclusive(String podUid, String container) {
    return held.getOrDefault(podUid, Map.of()).getOrDefault(container, CpuSet.NONE);
  }

  /** Where a container may run; none: wherever it likes. */
  public synchronized CpuSet of(String podUid, String container) {
    if (!options.exclusive()) {
      return CpuSet.NONE;
    }
    CpuSet own = exclusive(podUid, container);
    return own.isEmpty() ? shared() : own;
  }

  /** The CPUs that can be given to a container alone, now or when their holder has gone. */
  public CpuSet allocatable() {
    return options.exclusive() ? topology.all().minus(reserved) : CpuSet.NONE;
  }

  private CpuSet shared() {
    CpuSet out = usable();
    for (Map<String, CpuSet> pod : held.values()) {
      for (CpuSet cpus : pod.values()) {
        out = out.minus(cpus);
      }
    }
    return out;
  }

  /** The pod has ended: its CPUs are everybody's. */
  public void release(String podUid) {
    synchronized (this) {
      if (held.remove(podUid) == null) {
        return;
      }
      save();
    }
    changed.run();
  }

  /** Of pods that are gone while the kubelet was away. */
  public void keepOnly(Collection<String> podUids) {
    synchronized (this) {
      if (!held.keySet().retainAll(podUids)) {
        return;
      }
      save();
    }
    changed.run();
  }

  private void save() {
    CpuSet exclusive = usable().minus(shared());
    Map<Integer, Integer> byNode = new TreeMap<>();
    for (CpuTopology.Cpu cpu : topology.cpus()) {
      boolean alone = exclusive.contains(CpuSet.of(List.of(cpu.id())));
      byNode.merge(cpu.node(), alone ? 1 : 0, Integer::sum);
    }
    metrics.alignment().cpus(free().size(), byNode);
    try {
      checkpoint.write(new CpuCheckpoint.State(options.policy(), shared(), held));
    } catch (IOException e) {
      LOG.atError()
          .addKeyValue("why", e.getMessage())
          .log("Who holds which CPUs cannot be written");
    }
  }
}
