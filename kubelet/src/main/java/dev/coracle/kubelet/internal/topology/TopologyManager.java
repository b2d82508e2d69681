package dev.coracle.kubelet.internal.topology;

import dev.coracle.kubelet.config.TopologyManagement;
import dev.coracle.kubelet.internal.metrics.AlignmentMetrics;
import dev.coracle.kubelet.internal.metrics.AlignmentMetrics.Boundary;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.NodeDevices.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Sees to it that what a container has alone comes from the same NUMA nodes, as the policy says
 * (KEP-693), and gives it. With another policy than {@code none} pods come one after another, since
 * what can be had must not change between the hints and the giving.
 *
 * <p>Called by the pods' workers, from any thread.
 */
public final class TopologyManager {
  private final TopologyManagement options;
  private final NumaMask all;
  private final Comparator<NumaMask> better;
  private final List<HintProvider> providers;
  private final KubeletMetrics metrics;
  private final ReentrantLock one = new ReentrantLock(true);

  /** What was decided for a pod's containers, by their names. */
  private final Map<String, Map<String, TopologyHint>> decided = new ConcurrentHashMap<>();

  /**
   * @param providers in the order in which they give
   * @throws IllegalArgumentException the machine has more nodes than the policy is for
   */
  public TopologyManager(
      TopologyManagement options,
      NumaNodes machine,
      List<HintProvider> providers,
      KubeletMetrics metrics) {
    this.options = options;
    this.providers = List.copyOf(providers);
    this.metrics = metrics;
    if (options.policy() != TopologyManagement.Policy.NONE
        && machine.nodes().size() > options.mostNodes()) {
      throw new IllegalArgumentException(
          "[topologymanager] unsupported on machines with more than "
              + options.mostNodes()
              + " NUMA Nodes");
    }
    this.all = machine.all();
    this.better = options.closest() ? machine.closest() : NumaNodes.lowest();
    if (promises()) {
      alignment().promised("container", Boundary.NUMA_NODE);
      alignment().promised("pod", Boundary.NUMA_NODE);
    }
  }

  /** Whether what is given is of one node for certain. */
  private boolean promises() {
    return options.policy() == TopologyManagement.Policy.SINGLE_NUMA_NODE;
  }

  private AlignmentMetrics alignment() {
    return metrics.plugins().alignment();
  }

  /** Gives a pod's containers what they ask for, once. Blocks. */
  public void allocate(Pod pod) throws Refused {
    long begun = System.nanoTime();
    boolean first = !decided.containsKey(pod.uid());
    boolean refused = false;
    try {
      if (options.policy() == TopologyManagement.Policy.NONE) {
        decided.putIfAbsent(pod.uid(), Map.of());
        for (HintProvider provider : providers) {
          provider.allocate(pod);
        }
      } else {
        aligned(pod);
      }
    } catch (Misaligned e) {
      refused = true;
      if (promises()) {
        alignment().failed(options.scope(), Boundary.NUMA_NODE);
      }
      throw new Refused(
          "TopologyAffinityError", "Resources cannot be allocated with Topology locality");
    } finally {
      if (first) {
        metrics.plugins().topologyDecided(refused, Duration.ofNanos(System.nanoTime() - begun));
      }
    }
  }

  private void aligned(Pod pod) throws Refused, Misaligned {
    one.lock();
    try {
      Map<String, TopologyHint> known = decided.getOrDefault(pod.uid(), Map.of());
      Map<String, TopologyHint> hints = new LinkedHashMap<>(known);
      for (ContainerSpec container : HintProvider.containers(pod)) {
        TopologyHint hint = hints.get(container.name());
        boolean fresh = hint == null;
        if (hint == null) {
          // A pod's hint is found before any of its containers is given anything.
          hint =
              options.wholePods() && !hints.isEmpty()
                  ? hints.values().iterator().next()
                  : decide(provider ->
                      options.wholePods() ? provider.hints(pod) : provider.hints(pod, container));
          hints.put(container.name(), hint);
        }
        for (HintProvider provider : providers) {
          provider.allocate(pod, container, hint);
        }
        if (fresh && promises() && (!options.wholePods() || hints.size() == 1)) {
          alignment().aligned(options.scope(), Boundary.NUMA_NODE);
        }
      }
      decided.put(pod.uid(), Map.copyOf(hints));
    } finally {
      one.unlock();
    }
  }

  /** The policy does not let the pod in. */
  private static final class Misaligned extends Exception {
    private static final long serialVersionUID = 1L;

    Misaligned() {
      super(null, null, false, false);
    }
  }

  private TopologyHint decide(Function<HintProvider, Map<String, List<TopologyHint>>> asked)
      throws Misaligned {
    List<List<TopologyHint>> hints = new ArrayList<>();
    for (HintProvider provider : providers) {
      asked
          .apply(provider)
          .values()
          .forEach(of -> hints.add(of.isEmpty() ? List.of(TopologyHint.UNKNOWN) : of));
    }
    return switch (options.policy()) {
      case NONE -> TopologyHint.UNKNOWN;
      case BEST_EFFORT -> HintMerger.merge(all, hints, better);
      case RESTRICTED -> only(HintMerger.merge(all, hints, better));
      case SINGLE_NUMA_NODE -> {
        hints.replaceAll(of -> of.stream().filter(TopologyManager::isSingle).toList());
        TopologyHint best = only(HintMerger.merge(all, hints, better));
        yield Objects.equals(best.nodes(), all) ? new TopologyHint(null, true) : best;
      }
    };
  }

  private static TopologyHint only(TopologyHint best) throws Misaligned {
    if (!best.preferred()) {
      throw new Misaligned();
    }
    return best;
  }

  private static boolean isSingle(TopologyHint hint) {
    NumaMask nodes = hint.nodes();
    return hint.preferred() && (nodes == null || nodes.count() == 1);
  }

  /** The pod has ended. */
  public void release(String podUid) {
    decided.remove(podUid);
  }

  /** Of pods that are gone. */
  public void keepOnly(Collection<String> podUids) {
    decided.keySet().retainAll(podUids);
  }
}
