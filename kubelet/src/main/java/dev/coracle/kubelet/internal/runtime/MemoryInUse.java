package dev.coracle.kubelet.internal.runtime;

import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** A limit of memory below what is used now would kill: of a pod, or of one of its containers. */
final class MemoryInUse {
  private MemoryInUse() {}

  /**
   * Why a pod cannot be held to its limits now, in upstream's words.
   *
   * @param resizes its containers that get others
   * @param stats what all containers use
   */
  static Optional<String> above(
      Pod pod,
      PodRuntimeStatus status,
      List<PodActions.Resize> resizes,
      List<ContainerStats> stats) {
    Map<String, Long> used = new HashMap<>();
    stats.forEach(s -> used.put(s.getAttributes().getId(), used(s)));
    List<String> words = new ArrayList<>();
    long whole =
        status.containers().stream()
            .filter(ContainerState::isRunning)
            .mapToLong(c -> used.getOrDefault(c.id(), 0L))
            .sum();
    limitOf(pod)
        .ifPresent(limit -> {
          if (whole > limit) {
            words.add(words("pod", limit, whole));
          }
        });
    for (PodActions.Resize r : resizes) {
      long limit = LinuxResources.quantity(r.spec().limits(), "memory").longValue();
      long uses = used.getOrDefault(r.container().id(), 0L);
      if (limit > 0 && uses > limit) {
        words.add(words("container \"" + r.spec().name() + "\"", limit, uses));
      }
    }
    if (words.isEmpty()) {
      return Optional.empty();
    }
    String all = String.join(", ", words);
    return Optional.of(
        "cannot decrease memory limits: " + (words.size() == 1 ? all : "[" + all + "]"));
  }

  private static String words(String of, long limit, long use) {
    return "attempting to set %s memory limit (%d) below current usage (%d)"
        .formatted(of, limit, use);
  }

  /** What all of a pod may have together; empty where one of its containers has no limit. */
  private static OptionalLong limitOf(Pod pod) {
    long own = LinuxResources.quantity(Allocation.whole(pod).path("limits"), "memory").longValue();
    if (own > 0) {
      return OptionalLong.of(own);
    }
    long sum = 0;
    for (ContainerSpec c : pod.allContainers()) {
      long limit = LinuxResources.quantity(c.limits(), "memory").longValue();
      if (limit == 0) {
        return OptionalLong.empty();
      }
      sum += limit;
    }
    return OptionalLong.of(sum);
  }

  private static long used(ContainerStats stats) {
    long usage = stats.getMemory().getUsageBytes().getValue();
    return usage > 0 ? usage : stats.getMemory().getWorkingSetBytes().getValue();
  }
}
