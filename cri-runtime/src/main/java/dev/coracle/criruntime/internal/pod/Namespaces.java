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
import java.util.Objects;

/**
 * Makes and unmakes a sandbox's namespaces. A thread of this JVM leaves the host's namespaces and
 * binds its new ones to files, which hold them without any process.
 */
final class Namespaces {
  private static final Map<Integer, String> NAMES =
      Map.of(Mounts.CLONE_NEWNET, "net", Mounts.CLONE_NEWUTS, "uts", Mounts.CLONE_NEWIPC, "ipc");

  private Namespaces() {}

  static void create(Sandbox sandbox) throws IOException {
    Map<Path, Integer> files = sandbox.namespaceFiles();
    if (files.isEmpty()) {
      return;
    }
    Files.createDirectories(sandbox.directory().resolve("ns"));
    if (sandbox.userNamespace().isPresent()) {
      createOwned(sandbox, sandbox.userNamespace().get(), files);
      return;
    }
    try (SyscallProgram program = new SyscallProgram()) {
      Mounts mounts = new Mounts(program);
      mounts.unshare(files.values().stream().reduce(0, (a, b) -> a | b));
      for (Map.Entry<Path, Integer> file : files.entrySet()) {
        hold(mounts, "/proc/thread-self/ns/" + NAMES.get(file.getValue()), file.getKey());
      }
      hostname(sandbox, files, program);
      Spawn.run(program).orThrow();
    }
  }

  /** The pod's user namespace, and the others as its own. */
  private static void createOwned(Sandbox sandbox, UserNamespace users, Map<Path, Integer> files)
      throws IOException {
    List<String> others = files.values().stream().map(Namespaces::name).toList();
    try (PodUsers made = PodUsers.create(users, others);
        SyscallProgram program = new SyscallProgram()) {
      Mounts mounts = new Mounts(program);
      hold(mounts, made.file("user"), sandbox.userNamespaceFile());
      for (Map.Entry<Path, Integer> file : files.entrySet()) {
        hold(mounts, made.file(name(file.getValue())), file.getKey());
      }
      Files.setAttribute(sandbox.ownSharedMemory(), "unix:uid", users.hostUid(0));
      Files.setAttribute(sandbox.ownSharedMemory(), "unix:gid", users.hostGid(0));
      int uts = -1;
      try {
        Spawn.run(program).orThrow();
        uts = Fd.open(Path.of(made.file("uts")), Fd.O_RDONLY);
        try (SyscallProgram inside = new SyscallProgram()) {
          new Mounts(inside).enter(uts, Mounts.CLONE_NEWUTS);
          hostname(sandbox, files, inside);
          Spawn.run(inside).orThrow();
        }
      } finally {
        Fd.close(uts);
      }
    }
  }

  private static String name(int kind) {
    return Objects.requireNonNull(NAMES.get(kind));
  }

  private static void hold(Mounts mounts, String namespace, Path file) throws IOException {
    Files.write(file, new byte[0]);
    mounts.bind(namespace, file.toString(), false);
  }

  private static void hostname(Sandbox sandbox, Map<Path, Integer> files, SyscallProgram program) {
    String hostname = sandbox.config().getHostname();
    if (!hostname.isEmpty() && files.containsValue(Mounts.CLONE_NEWUTS)) {
      program.must(
          "sethostname",
          Sys.SETHOSTNAME,
          program.text(hostname),
          hostname.getBytes(StandardCharsets.UTF_8).length);
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
