package dev.coracle.kubelet.internal.eviction;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import dev.coracle.cri.Turns;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.pod.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

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

  static boolean isLimited(Pod pod) {
    for (JsonNode v : pod.spec().path("volumes")) {
      if (v.path("emptyDir").hasNonNull("sizeLimit")) {
        return true;
      }
    }
    return pod.containers().stream().anyMatch(c -> c.limits().hasNonNull("ephemeral-storage"));
  }

  /**
   * Why the pod must go, in upstream's words.
   *
   * @param layers bytes of the containers' writable layers, by container name
   */
  Optional<String> excess(Pod pod, Map<String, Long> layers) {
    for (JsonNode v : pod.spec().path("volumes")) {
      Quantity limit = quantity(v.path("emptyDir").path("sizeLimit"));
      String name = v.path("name").asText("");
      if (limit.signum() > 0
          && bytes(paths.volume(pod.uid(), EMPTY_DIR, name)) > limit.longValue()) {
        return Optional.of(
            "Usage of EmptyDir volume "
                + GoText.quote(name)
                + " exceeds the limit "
                + GoText.quote(limit.toString())
                + ". ");
      }
    }
    return ofPod(pod, layers).or(() -> ofContainers(pod, layers));
  }

  private Optional<String> ofPod(Pod pod, Map<String, Long> layers) {
    Quantity limit = Quantity.ZERO;
    for (ContainerSpec c : pod.containers()) {
      Quantity own = quantity(c.limits().path("ephemeral-storage"));
      if (own.signum() == 0) {
        return Optional.empty();
      }
      limit = limit.plus(own);
    }
    return used(pod, layers) > limit.longValue()
        ? Optional.of(
            "Pod ephemeral local storage usage exceeds the total limit of containers "
                + limit
                + ". ")
        : Optional.empty();
  }

  private Optional<String> ofContainers(Pod pod, Map<String, Long> layers) {
    for (ContainerSpec c : pod.containers()) {
      Quantity limit = quantity(c.limits().path("ephemeral-storage"));
      if (limit.signum() == 0) {
        continue;
      }
      long used = layers.getOrDefault(c.name(), 0L) + bytes(paths.podLogs(pod).resolve(c.name()));
      if (used > limit.longValue()) {
        return Optional.of(
            "Container "
                + c.name()
                + " exceeded its local ephemeral storage limit "
                + GoText.quote(limit.toString())
                + ". ");
      }
    }
    return Optional.empty();
  }

  /** Bytes of the disk a pod has in all: emptyDirs, logs, writable layers. */
  long used(Pod pod, Map<String, Long> layers) {
    long sum = bytes(paths.podLogs(pod));
    for (JsonNode v : pod.spec().path("volumes")) {
      if (v.path("emptyDir").isObject()
          && !v.path("emptyDir").path("medium").asText("").equals("Memory")) {
        sum += bytes(paths.volume(pod.uid(), EMPTY_DIR, v.path("name").asText("")));
      }
    }
    return sum + layers.values().stream().mapToLong(Long::longValue).sum();
  }

  /** How many files and directories a pod has there. */
  long files(Pod pod) {
    long sum = files(paths.podLogs(pod));
    for (JsonNode v : pod.spec().path("volumes")) {
      if (v.path("emptyDir").isObject()) {
        sum += files(paths.volume(pod.uid(), EMPTY_DIR, v.path("name").asText("")));
      }
    }
    return sum;
  }

  private static long files(Path tree) {
    try (Stream<Path> all = Files.walk(tree)) {
      Turns turns = new Turns();
      return all.peek(_ -> turns.step()).mapToLong(_ -> 1).sum();
    } catch (IOException | UncheckedIOException e) {
      return 0; // It went away meanwhile.
    }
  }

  private static Quantity quantity(JsonNode node) {
    Quantity q = node.isValueNode() ? Quantity.tryParse(node.asText()) : null;
    return q == null ? Quantity.ZERO : q;
  }

  private static long bytes(Path tree) {
    long[] sum = new long[1];
    Turns turns = new Turns();
    try {
      Files.walkFileTree(
          tree,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) {
              turns.step();
              sum[0] += allocated(file, attrs);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
              return FileVisitResult.CONTINUE; // It went away meanwhile.
            }
          });
    } catch (IOException e) {
      return sum[0];
    }
    return sum[0];
  }

  /** Holes take no room; Java does not tell blocks, so a sparse file counts in full but once. */
  private static long allocated(Path file, BasicFileAttributes attrs) {
    try {
      Object links = Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS);
      return attrs.size() / Math.max(1, (Integer) links);
    } catch (IOException | UnsupportedOperationException e) {
      return attrs.size();
    }
  }
}
