package dev.coracle.cri;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the kernel tells of processes that it killed for want of memory: its log names the cgroup.
 * Runtimes miss it. Docker does where a container is killed before Docker's own watch stands, right
 * after its start; containerd does on cgroup v1 where the container's cgroup is gone before its
 * watch gets round to looking.
 */
public final class KernelLog {
  private static final Logger LOG = LoggerFactory.getLogger(KernelLog.class);

  private KernelLog() {}

  /** Whether a process of the container was killed; false where the log cannot be read. */
  public static boolean tellsOfOom(String containerId) {
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
