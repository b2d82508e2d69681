package dev.coracle.kubelet.internal.host;

import dev.coracle.kubelet.server.stats.KernelCounters.Processes;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a cgroup and what they have open. Stateless.
 *
 * @param root {@code /proc}
 */
record GroupProcesses(Path root) {

  /** More files than this are counted, but not looked at. */
  private static final int LOOKED_AT = 10_000;

  private static final Pattern OPEN_FILES = Pattern.compile("Max open files +(\\d+|unlimited) .*");

  /** The ids in a group's directory. */
  static List<Long> ids(Path group) {
    return KeyedFile.text(group.resolve("cgroup.procs"))
        .lines()
        .map(KeyedFile::parse)
        .filter(Objects::nonNull)
        .toList();
  }

  /**
   * @param group the directory that has the processes' ids
   * @param pids the one that counts them
   */
  Processes read(Path group, Path pids) {
    List<Long> ids = ids(group);
    long files = 0;
    long sockets = 0;
    for (long id : ids) {
      try (DirectoryStream<Path> open =
          Files.newDirectoryStream(root.resolve(Long.toString(id)).resolve("fd"))) {
        for (Path file : open) {
          if (++files <= LOOKED_AT && isSocket(file)) {
            sockets++;
          }
        }
      } catch (IOException e) {
        continue; // It has ended.
      }
    }
    Long most = KeyedFile.number(pids.resolve("pids.max"));
    return new Processes(
        ids.size(),
        KeyedFile.number(pids.resolve("pids.current")),
        most == null ? Long.valueOf(0) : most,
        files,
        files > LOOKED_AT ? null : Long.valueOf(sockets),
        ids.isEmpty() ? null : openFilesMax(ids.getFirst()));
  }

  private static boolean isSocket(Path file) {
    try {
      return Files.readSymbolicLink(file).toString().startsWith("socket:");
    } catch (IOException e) {
      return false; // It was closed.
    }
  }

  private @Nullable Long openFilesMax(long id) {
    Matcher limit =
        OPEN_FILES.matcher(
            KeyedFile.text(root.resolve(Long.toString(id)).resolve("limits"))
                .lines()
                .filter(l -> l.startsWith("Max open files"))
                .findFirst()
                .orElse(""));
    return !limit.matches()
        ? null
        : limit.group(1).equals("unlimited") ? Long.valueOf(-1) : KeyedFile.parse(limit.group(1));
  }
}
