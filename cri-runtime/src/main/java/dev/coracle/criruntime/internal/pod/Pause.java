package dev.coracle.criruntime.internal.pod;

import dev.coracle.criruntime.internal.container.Credentials;
import dev.coracle.criruntime.internal.container.HostTools;
import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.Mounts;
import dev.coracle.criruntime.internal.linux.Spawn;
import dev.coracle.criruntime.internal.linux.Sys;
import dev.coracle.criruntime.internal.linux.SyscallProgram;
import dev.coracle.criruntime.server.PauseProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The process that is the first of a pod's PID namespace. Containers that share the namespace reach
 * it through {@code /proc/1}, its root and its rights too: so it has a root of its own, in a mount
 * namespace of its own, and no rights.
 *
 * @param child of this JVM to be reaped when it ends, most often the same
 */
record Pause(int pid, int child) {
  private static final int CLONE_NEWPID = 0x20000000;

  /** What of the machine the tools need that start it among a pod's own users: no data. */
  private static final List<String> PROGRAMS =
      List.of("usr", "bin", "sbin", "lib", "lib32", "lib64", "nix");

  /** What stays outside of the PID namespace and says which pid its first process has here. */
  private static final String PARENT = "/pause 3>&- & echo \"$!\" >&3; exec 3>&-; wait";

  static Pause start(Sandbox sandbox) throws IOException {
    Path root = Files.createDirectories(sandbox.directory().resolve("pause"));
    Path program = Files.write(root.resolve("pause"), PauseProgram.ofThisMachine());
    Files.setAttribute(root, "unix:mode", 0755);
    Files.setAttribute(program, "unix:mode", 0755);
    return sandbox.userNamespace().isPresent() ? amongOwnUsers(sandbox, root) : plain(root);
  }

  private static Pause plain(Path root) throws IOException {
    int nothing = Fd.open(Path.of("/dev/null"), Fd.O_RDWR);
    try (SyscallProgram program = new SyscallProgram()) {
      // The thread itself stays where it is; only what it starts is in the new namespace.
      program.must("unshare", Sys.UNSHARE, CLONE_NEWPID);
      Mounts mounts = ownRoot(program, root);
      mounts.readOnly(root.toString(), false).pivot(root.toString());
      Credentials.giveUpAll(program);
      int pid =
          Spawn.start(
              program,
              Spawn.Command.of(
                  List.of("/pause"), List.of(), Map.of(0, nothing, 1, nothing, 2, nothing)));
      return new Pause(pid, pid);
    } finally {
      Fd.close(nothing);
    }
  }

  private static Mounts ownRoot(SyscallProgram program, Path root) {
    return new Mounts(program)
        .unshare(Mounts.CLONE_NEWNS)
        .propagation("/", Mounts.REC | Mounts.PRIVATE)
        .bind(root.toString(), root.toString(), false);
  }

  private static Pause amongOwnUsers(Sandbox sandbox, Path root) throws IOException {
    List<String> command =
        List.of(
            HostTools.find("nsenter").orElseThrow().toString(),
            "--user=/users",
            "--",
            HostTools.find("unshare").orElseThrow().toString(),
            "--pid",
            "--",
            HostTools.find("sh").orElseThrow().toString(),
            "-c",
            PARENT);
    int[] pipe = Fd.pipe();
    int nothing = Fd.open(Path.of("/dev/null"), Fd.O_RDWR);
    try (SyscallProgram program = new SyscallProgram()) {
      Mounts mounts = ownRoot(program, root);
      mounts.mkdir(root + "/dev", 0755).touch(root + "/dev/null").touch(root + "/users");
      mounts
          .bind("/dev/null", root + "/dev/null", false)
          .bind(sandbox.userNamespaceFile().toString(), root + "/users", false);
      for (String name : PROGRAMS) {
        Path here = Path.of("/", name);
        if (Files.isSymbolicLink(here)) {
          mounts.symlink(Files.readSymbolicLink(here).toString(), root + "/" + name);
        } else if (Files.isDirectory(here)) {
          mounts.mkdir(root + "/" + name, 0755).bind(here.toString(), root + "/" + name, false);
          mounts.readOnly(root + "/" + name, false);
        }
      }
      mounts.readOnly(root.toString(), false).pivot(root.toString());
      int child =
          Spawn.start(
              program,
              Spawn.Command.of(
                  command, HostTools.ENV, Map.of(0, nothing, 1, nothing, 2, nothing, 3, pipe[1])));
      Fd.close(pipe[1]);
      pipe[1] = -1;
      return new Pause(told(pipe[0]), child);
    } finally {
      Fd.close(pipe[0]);
      Fd.close(pipe[1]);
      Fd.close(nothing);
    }
  }

  private static int told(int fd) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf("\n") < 0) {
      byte[] bytes = Fd.read(fd, 64);
      if (bytes.length == 0) {
        break;
      }
      text.append(new String(bytes, StandardCharsets.US_ASCII));
    }
    String pid = text.toString().strip();
    if (!pid.matches("[0-9]{1,9}")) {
      throw new IOException("the pod's PID namespace cannot be made");
    }
    return Integer.parseInt(pid);
  }
}
