package dev.coracle.cridocker.internal.pod;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the kernel tells of processes that it killed for want of memory. Docker misses it where a
 * container is killed before Docker's own watch stands, right after its start; the kernel's log,
 * which upstream's kubelet reads for the same reason, names the cgroup.
 */
final class KernelLog {
  private static final Logger LOG = LoggerFactory.getLogger(KernelLog.class);

  private KernelLog() {}

  /** Whether a process of the container was killed; false where the log cannot be read. */
  static boolean tellsOfOom(String containerId) {
    try {
      Process dmesg =
          new ProcessBuilder("dmesg").redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(dmesg.getInputStream(), StandardCharsets.UTF_8))) {
        return tellsOfOom(lines.lines(), containerId);
      } finally {
        dmesg.destroy();
      }
    } catch (IOException e) {
      LOG.atDebug().setCause(e).log("the kernel's log cannot be read");
      return false;
    }
  }

  /** The kernel writes one such line for each kill; the group is the last path before a comma. */
  static boolean tellsOfOom(Stream<String> lines, String containerId) {
    return lines.anyMatch(line -> {
      int group = line.indexOf("task_memcg=");
      return line.contains("oom-kill:") && group >= 0 && line.indexOf(containerId, group) >= 0;
    });
  }
}
