package dev.coracle.kubelet.internal.status;

import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerState;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A container's last words (Kubernetes docs, "Determine the Reason for Pod Failure"): what it wrote
 * to its termination message file, else, where it asks for that and has failed, the end of its log.
 * Read once for each ended container. All of a pod's together have a bound, of which each has an
 * equal part.
 */
public final class TerminationMessages {
  private static final int TOGETHER = 12 << 10;
  private static final int FILE_LIMIT = 4096;
  private static final int LOG_LIMIT = 2048;
  private static final int LOG_LINES = 80;

  private final PodPaths paths;
  private final ConcurrentHashMap<String, String> read = new ConcurrentHashMap<>();

  public TerminationMessages(PodPaths paths) {
    this.paths = paths;
  }

  String of(Pod pod, ContainerState c) {
    return read.computeIfAbsent(c.id(), _ -> beginning(load(pod, c), share(pod)));
  }

  private static int share(Pod pod) {
    int containers =
        pod.initContainers().size() + pod.containers().size() + pod.ephemeralContainers().size();
    return TOGETHER / Math.max(1, containers);
  }

  /** As much of a text as has so many bytes, in whole characters. */
  private static String beginning(String text, int limit) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= limit) {
      return text;
    }
    int end = limit;
    while (end > 0 && (bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  /** Forgets what no longer exists. */
  public void retain(java.util.Set<String> containerIds) {
    read.keySet().retainAll(containerIds);
  }

  private String load(Pod pod, ContainerState c) {
    String file =
        c.terminationPath().isEmpty() || !paths.real()
            ? ""
            : tail(paths.terminationLog(pod.uid(), c.name(), c.restartCount()), FILE_LIMIT);
    if (!file.isEmpty()) {
      return c.message().isEmpty() ? file : c.message() + ": " + file;
    }
    if (c.terminationPolicy().equals("FallbackToLogsOnError")
        && (c.exitCode() != 0 || c.reason().equals("OOMKilled"))) {
      Path log = paths.podLogs(pod).resolve(PodPaths.containerLog(c.name(), c.restartCount()));
      String text = plain(tail(log, LOG_LIMIT * 8));
      return c.message().isEmpty() ? text : c.message() + ": " + text;
    }
    return c.message();
  }

  private static String tail(Path path, int limit) {
    if (!Files.isRegularFile(path)) {
      return "";
    }
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      long length = file.length();
      long start = Math.max(0, length - limit);
      byte[] bytes = new byte[(int) (length - start)];
      file.seek(start);
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "Error on reading termination log " + path + ": " + e.getMessage();
    }
  }

  /**
   * The last of what the container wrote, out of CRI's log lines ({@code time stream tag text}).
   */
  private static String plain(String log) {
    StringBuilder all = new StringBuilder();
    for (String line : log.split("\n")) {
      String[] parts = line.split(" ", 4);
      if (parts.length == 4 && (parts[1].equals("stdout") || parts[1].equals("stderr"))) {
        all.append(parts[3]).append(parts[2].equals("P") ? "" : "\n");
      }
    }
    int start = all.length();
    for (int lines = 0; lines < LOG_LINES && start > 0; lines++) {
      // The line before the one that begins here; an end of line at the very end opens none.
      start = all.lastIndexOf("\n", start - 2) + 1;
    }
    byte[] bytes = all.substring(start).getBytes(StandardCharsets.UTF_8);
    return bytes.length <= LOG_LIMIT
        ? new String(bytes, StandardCharsets.UTF_8)
        : new String(bytes, bytes.length - LOG_LIMIT, LOG_LIMIT, StandardCharsets.UTF_8);
  }
}
