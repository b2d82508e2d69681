package dev.coracle.criruntime.internal.container;

import dev.coracle.criruntime.internal.linux.Errno;
import dev.coracle.criruntime.internal.linux.PosixException;
import dev.coracle.criruntime.server.StartException;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;

/** Where a command may be, and what is said when it is not there. */
final class Executables {
  static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private Executables() {}

  /** Paths to try, in the container's own file system and relative to its working directory. */
  static List<String> candidates(ProcessSpec process) {
    String command = process.argv().getFirst();
    if (command.contains("/")) {
      return List.of(command);
    }
    return Stream.of(process.envOr("PATH", DEFAULT_PATH).split(":"))
        .map(d -> (d.isEmpty() ? "." : d) + "/" + command)
        .toList();
  }

  /**
   * @param errno of each candidate, 0 where it can be executed
   */
  static void check(ProcessSpec process, int candidates, IntUnaryOperator errno)
      throws StartException {
    boolean denied = false;
    for (int i = 0; i < candidates; i++) {
      int e = errno.applyAsInt(i);
      if (e == 0) {
        return;
      }
      denied |= e == Errno.EACCES;
    }
    throw missing(process.argv().getFirst(), denied);
  }

  private static StartException missing(String command, boolean denied) {
    return denied
        ? StartException.denied(command)
        : command.contains("/")
            ? StartException.noSuchFile(command)
            : StartException.notInPath(command);
  }

  static StartException explain(ProcessSpec process, PosixException e) {
    String command = process.argv().getFirst();
    if (e.getMessage() != null && e.getMessage().startsWith("exec ")) {
      return switch (e.errno()) {
        case Errno.ENOENT, Errno.ENOTDIR -> missing(command, false);
        case Errno.EACCES -> missing(command, true);
        default -> new StartException("exec: \"" + command + "\": " + Errno.message(e.errno()), e);
      };
    }
    return new StartException("failed to exec in container: " + e.getMessage(), e);
  }
}
