package dev.coracle.kubelet.internal.eviction;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.PodRequests;
import dev.coracle.api.Quantity;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.TreeUse;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.Map;
import java.util.Optional;

/**
 * Pods that use more of the node's disk than they may: an emptyDir's {@code sizeLimit}, a
 * container's or the pod's {@code ephemeral-storage} limit. Only the directories of pods with such
 * a limit are walked. Blocks on the disk.
 */
final class LocalStorage {
  private static final String EMPTY_DIR = "kubernetes.io~empty-dir";

  private final PodPaths paths;

  LocalStorage(PodPaths paths) {
    this.paths = paths;
  }

  /**
   * Why the pod must go.
   *
   * @param limit which one it is above, as metrics call it
   * @param message in upstream's words
   */
  record Excess(String limit, String message) {}

  static boolean isLimited(Pod pod) {
    for (JsonNode v : pod.spec().path("volumes")) {
      if (v.path("emptyDir").hasNonNull("sizeLimit")) {
        return true;
      }
    }
    return limit(pod).isPresent();
  }

  /** Of the pod, all its containers together; those that have none of their own add nothing. */
  private static Optional<Quantity> limit(Pod pod) {
    return Optional.ofNullable(
        PodRequests.ofContainers(pod.spec(), "limits").get("ephemeral-storage"));
  }

  /**
   * The first limit that the pod is above.
   *
   * @param layers bytes of the containers' writable layers, by container name
   */
  Optional<Excess> excess(Pod pod, Map<String, Long> layers) {
    for (JsonNode v : pod.spec().path("volumes")) {
      Quantity limit = quantity(v.path("emptyDir").path("sizeLimit"));
      String name = v.path("name").asText("");
      if (limit.signum() > 0
          && TreeUse.of(paths.volume(pod.uid(), EMPTY_DIR, name)).bytes() > limit.longValue()) {
        return Optional.of(
            new Excess(
                "emptydirfs.limit",
                "Usage of EmptyDir volume "
                    + GoText.quote(name)
                    + " exceeds the limit "
                    + GoText.quote(limit.toString())
                    + ". "));
      }
    }
    return ofPod(pod, layers).or(() -> ofContainers(pod, layers));
  }

  private Optional<Excess> ofPod(Pod pod, Map<String, Long> layers) {
    return limit(pod)
        .filter(limit -> used(pod, layers) > limit.longValue())
        .map(limit ->
            new Excess(
                "ephemeralpodfs.limit",
                "Pod ephemeral local storage usage exceeds the total limit of containers "
                    + limit
                    + ". "));
  }

  private Optional<Excess> ofContainers(Pod pod, Map<String, Long> layers) {
    for (ContainerSpec c : pod.containers()) {
      Quantity limit = quantity(c.limits().path("ephemeral-storage"));
      if (limit.signum() == 0) {
        continue;
      }
      long used = layers.getOrDefault(c.name(), 0L) + logs(pod, c.name());
      if (used > limit.longValue()) {
        return Optional.of(
            new Excess(
                "ephemeralcontainerfs.limit",
                "Container "
                    + c.name()
                    + " exceeded its local ephemeral storage limit "
                    + GoText.quote(limit.toString())
                    + ". "));
      }
    }
    return Optional.empty();
  }

  /** Bytes of the disk a pod has in all: emptyDirs, logs, writable layers. */
  private long used(Pod pod, Map<String, Long> layers) {
    return files(pod) + sum(layers);
  }

  static long sum(Map<String, Long> layers) {
    return layers.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Bytes that a pod has with the kubelet's own files: emptyDirs, logs. */
  long files(Pod pod) {
    long sum = TreeUse.of(paths.podLogs(pod)).bytes();
    for (JsonNode v : pod.spec().path("volumes")) {
      if (v.path("emptyDir").isObject()
          && !v.path("emptyDir").path("medium").asText("").equals("Memory")) {
        sum += TreeUse.of(paths.volume(pod.uid(), EMPTY_DIR, v.path("name").asText(""))).bytes();
      }
    }
    return sum;
  }

  /** Bytes of what a container has said. */
  long logs(Pod pod, String container) {
    return TreeUse.of(paths.podLogs(pod).resolve(container)).bytes();
  }

  /** How many files and directories a pod has there. */
  long inodes(Pod pod) {
    long sum = TreeUse.of(paths.podLogs(pod)).inodes();
    for (JsonNode v : pod.spec().path("volumes")) {
      if (v.path("emptyDir").isObject()) {
        sum += TreeUse.of(paths.volume(pod.uid(), EMPTY_DIR, v.path("name").asText(""))).inodes();
      }
    }
    return sum;
  }

  private static Quantity quantity(JsonNode node) {
    Quantity q = node.isValueNode() ? Quantity.tryParse(node.asText()) : null;
    return q == null ? Quantity.ZERO : q;
  }
}
