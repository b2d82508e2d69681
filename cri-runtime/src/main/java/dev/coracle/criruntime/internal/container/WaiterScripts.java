package dev.coracle.criruntime.internal.container;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The POSIX shell scripts of a container's waiter and first process; {@link Shim} tells what the
 * descriptors are. Only builtins are used, so that they go on working after the root has changed.
 */
final class WaiterScripts {
  private static final Logger LOG = LoggerFactory.getLogger(WaiterScripts.class);

  // The waiter ignores what a terminal sends; its child must not inherit that.
  private static final String BEGIN =
      """
      trap '' HUP INT QUIT TERM PIPE TSTP TTIN TTOU
      ( trap - HUP INT QUIT TERM PIPE TSTP TTIN TTOU
      """;

  private static final String END =
      """
      rc=$?
      echo "$rc" >&5
      echo "exit $rc" >&3
      read -r x <&4
      """;

  /**
   * Arguments: mount program, where proc goes, file with the environment, command. The child is the
   * first process of its PID namespace, but the mounted proc is still the host's, so "self" is its
   * pid there.
   */
  static final String NAMESPACES_WAITER =
      BEGIN
          + """
            read -r pid rest </proc/self/stat
            echo "child $pid" >&3
            "$1" -n -i -t proc -o nosuid,nodev,noexec proc "$2" || exit 125
            exec 5<"$3"
            shift 3
            exec "$@" ) <&7 >&8 2>&9
          """
          + END;

  /** As above with a terminal, whose slave end is all three of the child's. */
  static final String NAMESPACES_WAITER_TTY =
      NAMESPACES_WAITER.replace("<&7 >&8 2>&9", "<&7 >&7 2>&7");

  /** Arguments: working directory, command. Waits until the root has become the container's. */
  static final String NAMESPACES_CHILD =
      """
      . /proc/self/fd/5
      echo ready >&3
      read -r go <&6
      [ "$go" = go ] || exit 126
      exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
      cd "$1" || exit 126
      shift
      unset go
      exec "$@"
      """;

  /** Arguments: command of the OCI runtime, which stays in the foreground. */
  static final String OCI_WAITER =
      BEGIN
          + """
            exec "$@" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- ) <&7 >&8 2>&9
          """
          + END;

  static final String OCI_WAITER_TTY = OCI_WAITER.replace("<&7 >&8 2>&9", "<&7 >&7 2>&7");

  /** Arguments: file with the environment, working directory, command. */
  static final String PROCESS_WAITER =
      BEGIN
          + """
            read -r pid rest </proc/self/stat
            echo "child $pid" >&3
            . "$1"
            echo ready >&3
            read -r go <&6
            [ "$go" = go ] || exit 126
            cd "$2" || exit 126
            shift 2
            unset go pid rest
            exec "$@" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- ) <&7 >&8 2>&9
          """
          + END;

  static final String PROCESS_WAITER_TTY = PROCESS_WAITER.replace("<&7 >&8 2>&9", "<&7 >&7 2>&7");

  private WaiterScripts() {}

  /** Variables whose names no shell takes, less those by which bash would take over functions. */
  static List<String> oddVariables(List<String> env) {
    return env.stream()
        .filter(e -> !isName(e.substring(0, e.indexOf('='))) && !e.startsWith("BASH_FUNC_"))
        .toList();
  }

  private static boolean isName(String name) {
    return name.matches("[A-Za-z_][A-Za-z0-9_]*");
  }

  /**
   * Writes the environment as a script, readable by the container's user once it is open.
   *
   * @param oddToo whether {@link #oddVariables} get there in another way
   */
  static Path writeEnvironment(Path directory, List<String> env, boolean oddToo)
      throws IOException {
    StringBuilder script = new StringBuilder("unset LC_ALL PWD OLDPWD SHLVL\n");
    for (String e : env) {
      int equals = e.indexOf('=');
      String name = e.substring(0, equals);
      if (isName(name)) {
        script.append("export ").append(name).append('=').append(quote(e.substring(equals + 1)));
        script.append('\n');
      } else if (!oddToo) {
        LOG.atWarn().addKeyValue("name", name).log("environment variable a shell cannot pass on");
      }
    }
    Path file = directory.resolve("env");
    Files.write(file, script.toString().getBytes(StandardCharsets.UTF_8));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    return file;
  }

  static String quote(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
