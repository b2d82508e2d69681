package dev.coracle.kubelet.internal.host;

import dev.coracle.cri.Turns;
import dev.coracle.kubelet.internal.pod.Pod;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a pod's files stand, as upstream lays them out below {@code --root-dir} and {@code
 * /var/log/pods}.
 *
 * @param real false for pods that are only pretended: nothing is written for them, so that many
 *     cost no disk
 */
public record PodPaths(Path root, Path logs, boolean real) {

  public PodPaths(Path root, Path logs) {
    this(root, logs, true);
  }

  /** Makes a directory of a pod with its parents, if the pod is real. */
  public void make(Path directory) throws IOException {
    if (real) {
      Files.createDirectories(directory);
    }
  }

  public Path pods() {
    return root.resolve("pods");
  }

  public Path pod(String uid) {
    return pods().resolve(uid);
  }

  public Path volumes(String uid) {
    return pod(uid).resolve("volumes");
  }

  /**
   * @param plugin {@code kubernetes.io~empty-dir}
   */
  public Path volume(String uid, String plugin, String name) {
    return volumes(uid).resolve(plugin).resolve(name);
  }

  /** Where links to the devices of a pod's block volumes are. */
  public Path volumeDevices(String uid) {
    return pod(uid).resolve("volumeDevices");
  }

  /**
   * @param plugin {@code kubernetes.io~csi}
   */
  public Path volumeDevice(String uid, String plugin, String name) {
    return volumeDevices(uid).resolve(plugin).resolve(name);
  }

  /** Where parts of volumes are bound for containers. */
  public Path subPaths(String uid) {
    return pod(uid).resolve("volume-subpaths");
  }

  public Path hostsFile(String uid) {
    return pod(uid).resolve("etc-hosts");
  }

  /** One file for each attempt to run the container. */
  public Path terminationLog(String uid, String container, int attempt) {
    return pod(uid)
        .resolve("containers")
        .resolve(container)
        .resolve(String.format("%08x", attempt));
  }

  public Path podLogs(Pod pod) {
    return logs.resolve(pod.namespace() + "_" + pod.name() + "_" + pod.uid());
  }

  /** Beside the logs: links to them ({@link LogLinks}). */
  public Path logLinks() {
    return logs.resolveSibling("containers");
  }

  /** Relative to {@link #podLogs}. */
  public static String containerLog(String container, int attempt) {
    return container + "/" + attempt + ".log";
  }

  /** The uids that have a directory. */
  public List<String> known() throws IOException {
    if (!Files.isDirectory(pods())) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(pods())) {
      return list.map(p -> p.getFileName().toString()).toList();
    }
  }

  /** Removes a tree without following links and without crossing into another file system. */
  public static void deleteTree(Path tree) throws IOException {
    if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Object device = device(tree);
    Turns turns = new Turns();
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attrs)
              throws IOException {
            if (!device(dir).equals(device)) {
              throw new IOException(dir + " is still mounted");
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attrs)
              throws IOException {
            turns.step();
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(
              Path dir, @org.jspecify.annotations.Nullable IOException e) throws IOException {
            if (e != null) {
              throw e;
            }
            Files.delete(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static Object device(Path path) throws IOException {
    return Files.getAttribute(path, "unix:dev", LinkOption.NOFOLLOW_LINKS);
  }
}
