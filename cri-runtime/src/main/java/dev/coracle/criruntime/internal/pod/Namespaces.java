package dev.coracle.criruntime.internal.pod;

import dev.coracle.criruntime.internal.container.HostTools;
import dev.coracle.criruntime.internal.image.FileTrees;
import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.Mounts;
import dev.coracle.criruntime.internal.linux.Processes;
import dev.coracle.criruntime.internal.linux.Spawn;
import dev.coracle.criruntime.internal.linux.Sys;
import dev.coracle.criruntime.internal.linux.SyscallProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Makes and unmakes a sandbox's namespaces. A thread of this JVM leaves the host's namespaces and
 * binds its new ones to files, which hold them without any process.
 */
final class Namespaces {
  private static final Map<Integer, String> NAMES =
      Map.of(Mounts.CLONE_NEWNET, "net", Mounts.CLONE_NEWUTS, "uts", Mounts.CLONE_NEWIPC, "ipc");
  private static final int CLONE_NEWPID = 0x20000000;
  private static final String PAUSE =
      "trap 'exit 0' TERM INT; echo started >&3; exec 3>&-; while :; do sleep 2147483647 & wait; done";

  private Namespaces() {}

  static void create(Sandbox sandbox) throws IOException {
    Map<Path, Integer> files = sandbox.namespaceFiles();
    if (files.isEmpty()) {
      return;
    }
    Files.createDirectories(sandbox.directory().resolve("ns"));
    try (SyscallProgram program = new SyscallProgram()) {
      Mounts mounts = new Mounts(program);
      mounts.unshare(files.values().stream().reduce(0, (a, b) -> a | b));
      for (Map.Entry<Path, Integer> file : files.entrySet()) {
        Files.write(file.getKey(), new byte[0]);
        mounts.bind(
            "/proc/thread-self/ns/" + NAMES.get(file.getValue()), file.getKey().toString(), false);
      }
      String hostname = sandbox.config().getHostname();
      if (!hostname.isEmpty() && files.containsValue(Mounts.CLONE_NEWUTS)) {
        program.must(
            "sethostname",
            Sys.SETHOSTNAME,
            program.text(hostname),
            hostname.getBytes(StandardCharsets.UTF_8).length);
      }
      Spawn.run(program).orThrow();
    }
  }

  /** Sets kernel parameters inside the sandbox's namespaces. */
  static void sysctls(Sandbox sandbox) throws IOException {
    Map<String, String> values = sandbox.config().getLinux().getSysctlsMap();
    if (values.isEmpty()) {
      return;
    }
    List<String> command = new ArrayList<>();
    command.add(HostTools.find("nsenter").map(Path::toString).orElse("nsenter"));
    sandbox
        .namespaceFiles()
        .forEach((file, kind) -> command.add("--" + NAMES.get(kind) + "=" + file));
    command.addAll(List.of("--", "sh", "-e", "-s"));
    StringBuilder script = new StringBuilder();
    for (Map.Entry<String, String> e : values.entrySet()) {
      if (!e.getKey().matches("[A-Za-z0-9_./-]+") || e.getKey().contains("..")) {
        throw new IllegalArgumentException("invalid sysctl " + e.getKey());
      }
      String path = "/proc/sys/" + e.getKey().replace('.', '/');
      script.append("printf '%s' '").append(e.getValue().replace("'", "'\\''"));
      script.append("' > ").append(path).append('\n');
    }
    HostTools.run(script.toString(), command).orThrow("sysctl");
  }

  /** Starts the process that is the first of the pod's PID namespace; its pid. */
  static int pause(Sandbox sandbox) throws IOException {
    List<String> command =
        List.of(HostTools.find("sh").orElseThrow().toString(), "-c", PAUSE, "coracle-pause");
    int[] pipe = Fd.pipe();
    int nothing = Fd.open(Path.of("/dev/null"), Fd.O_RDWR);
    try (SyscallProgram program = new SyscallProgram()) {
      // The thread itself stays where it is; only what it starts is in the new namespace.
      program.must("unshare", Sys.UNSHARE, CLONE_NEWPID);
      int pid =
          Spawn.start(
              program,
              Spawn.Command.of(
                  command, HostTools.ENV, Map.of(0, nothing, 1, nothing, 2, nothing, 3, pipe[1])));
      Fd.close(pipe[1]);
      pipe[1] = -1;
      Fd.read(pipe[0], 16);
      return pid;
    } finally {
      Fd.close(pipe[0]);
      Fd.close(pipe[1]);
      Fd.close(nothing);
    }
  }

  /** Unbinds the files; with the last process gone, the namespaces are, too. */
  static void remove(Sandbox sandbox) throws IOException {
    Path directory = sandbox.directory().resolve("ns");
    if (Files.isDirectory(directory)) {
      try (SyscallProgram program = new SyscallProgram();
          var files = Files.newDirectoryStream(directory)) {
        Mounts mounts = new Mounts(program);
        for (Path file : files) {
          mounts.tryDetach(file.toString());
        }
        program.runHere();
      }
      FileTrees.delete(directory);
    }
    sandbox.pausePid().ifPresent(pid -> Processes.kill(pid, Processes.SIGKILL));
  }
}
