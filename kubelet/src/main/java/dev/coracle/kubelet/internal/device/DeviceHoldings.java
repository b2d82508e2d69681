package dev.coracle.kubelet.internal.device;

import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.topology.HintProvider;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Which containers hold which devices, or are about to. Guarded by its owner's lock. */
final class DeviceHoldings {
  private final List<DeviceAllocation> allocations = new ArrayList<>();

  /** Devices about to be given, while their plugin is asked. */
  private final Map<String, Set<String>> promised = new TreeMap<>();

  void add(Collection<DeviceAllocation> more) {
    allocations.addAll(more);
  }

  List<DeviceAllocation> all() {
    return List.copyOf(allocations);
  }

  boolean release(String podUid) {
    return allocations.removeIf(a -> a.podUid().equals(podUid));
  }

  boolean keepOnly(Collection<String> podUids) {
    return allocations.removeIf(a -> !podUids.contains(a.podUid()));
  }

  /** The devices of a resource that a container holds. */
  List<String> of(Pod pod, ContainerSpec container, String resource) {
    return allocations.stream()
        .filter(a -> a.isOf(pod.uid(), container.name()) && a.resource().equals(resource))
        .findFirst()
        .map(DeviceAllocation::ids)
        .orElse(List.of());
  }

  /** What a pod holds for containers that have ended when this one starts. */
  Set<String> reusable(Pod pod, ContainerSpec until, String resource) {
    Set<String> out = new HashSet<>();
    for (ContainerSpec container : HintProvider.containers(pod)) {
      if (container.name().equals(until.name())) {
        break;
      }
      List<String> ids = of(pod, container, resource);
      if (container.isInit() && !container.isSidecar()) {
        out.addAll(ids);
      } else {
        ids.forEach(out::remove);
      }
    }
    return out;
  }

  /** All that can be given to nobody else. */
  Set<String> held(String resource) {
    Set<String> held = new HashSet<>(promised.getOrDefault(resource, Set.of()));
    allocations.stream()
        .filter(a -> a.resource().equals(resource))
        .forEach(a -> held.addAll(a.ids()));
    return held;
  }

  void promise(String resource, Collection<String> ids) {
    promised.computeIfAbsent(resource, _ -> new HashSet<>()).addAll(ids);
  }

  void unpromise(String resource, Collection<String> ids) {
    promised.getOrDefault(resource, new HashSet<>()).removeAll(ids);
  }
}
