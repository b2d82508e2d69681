package dev.coracle.kubelet.internal.topology;

import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.NodeDevices.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Who gives something to containers that lies on NUMA nodes. A resource that it does not name may
 * come from anywhere; one without any hint cannot be had.
 */
public interface HintProvider {

  /** By resource, for one container; what it has already is hinted at again. */
  Map<String, List<TopologyHint>> hints(Pod pod, ContainerSpec container);

  /** By resource, for all containers of a pod together. */
  Map<String, List<TopologyHint>> hints(Pod pod);

  /**
   * Gives a container what it asks for, once, and from the hint's nodes as far as they have it. May
   * block. The containers of a pod come in the order of {@link #containers}.
   */
  void allocate(Pod pod, ContainerSpec container, TopologyHint hint) throws Refused;

  /** Gives all containers of a pod what they ask for, from anywhere. */
  default void allocate(Pod pod) throws Refused {
    for (ContainerSpec container : containers(pod)) {
      allocate(pod, container, TopologyHint.UNKNOWN);
    }
  }

  /** The most that a pod's containers have at a time, of what each of them has. */
  static long together(Pod pod, ToLongFunction<ContainerSpec> of) {
    long sidecars = 0;
    long first = 0;
    for (ContainerSpec container : pod.initContainers()) {
      if (container.isSidecar()) {
        sidecars += of.applyAsLong(container);
      } else {
        first = Math.max(first, sidecars + of.applyAsLong(container));
      }
    }
    long then = pod.containers().stream().mapToLong(of).sum();
    return Math.max(first, sidecars + then);
  }

  /** Those that are given something, in the order of their starts. */
  static List<ContainerSpec> containers(Pod pod) {
    List<ContainerSpec> out = new ArrayList<>(pod.initContainers());
    out.addAll(pod.containers());
    return out;
  }
}
