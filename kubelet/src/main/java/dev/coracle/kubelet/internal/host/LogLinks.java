package dev.coracle.kubelet.internal.host;

import dev.coracle.kubelet.internal.pod.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Links to containers' logs whose names tell whose they are, {@code
 * POD_NAMESPACE_CONTAINER-ID.log}: what collectors of logs look for, as upstream's {@code
 * /var/log/containers} beside {@code /var/log/pods}. A link goes with its log. That one cannot be
 * made holds up no container.
 */
public record LogLinks(PodPaths paths) {
  private static final Logger LOG = LoggerFactory.getLogger(LogLinks.class);
  private static final String SUFFIX = ".log";

  /** As many bytes as file systems let a name have. */
  private static final int LONGEST = 255 - SUFFIX.length();

  private Path link(Pod pod, String container, String id) {
    String name = pod.name() + "_" + pod.namespace() + "_" + container + "-" + id;
    return paths.logLinks().resolve(name.substring(0, Math.min(LONGEST, name.length())) + SUFFIX);
  }

  /**
   * Where the runtime writes a log; some of them have it elsewhere.
   *
   * @param attempt how many there have been of the container before
   */
  public void add(Pod pod, String container, String id, int attempt) {
    Path log = log(pod, container, attempt);
    if (!paths.real() || !Files.exists(log, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Path link = link(pod, container, id);
    try {
      Files.createDirectories(paths.logLinks());
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, log.toAbsolutePath());
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("pod", pod.key())
          .addKeyValue("container", container)
          .addKeyValue("why", e.toString())
          .log("Failed to create legacy symbolic link");
    }
  }

  /** A name that had to be cut may be a later attempt's by now, whose link stays. */
  public void remove(Pod pod, String container, String id, int attempt) throws IOException {
    Path link = link(pod, container, id);
    if (Files.isSymbolicLink(link)
        && Files.readSymbolicLink(link).equals(log(pod, container, attempt).toAbsolutePath())) {
      Files.deleteIfExists(link);
    }
  }

  private Path log(Pod pod, String container, int attempt) {
    return paths.podLogs(pod).resolve(PodPaths.containerLog(container, attempt));
  }

  /** Removes those of pods whose logs are gone; that a log is being rotated is no matter. */
  public void sweep() throws IOException {
    if (!Files.isDirectory(paths.logLinks())) {
      return;
    }
    try (Stream<Path> all = Files.list(paths.logLinks())) {
      for (Path link : all.toList()) {
        if (Files.isSymbolicLink(link) && isOfNobody(Files.readSymbolicLink(link))) {
          Files.deleteIfExists(link);
        }
      }
    }
  }

  /** Others' links are none of our concern. */
  private boolean isOfNobody(Path log) {
    Path own = paths.logs().toAbsolutePath();
    return log.startsWith(own)
        && log.getNameCount() > own.getNameCount()
        && !Files.exists(own.resolve(log.getName(own.getNameCount())));
  }
}
