package dev.coracle.criruntime.internal.container;

import dev.coracle.criruntime.internal.image.FileTrees;
import dev.coracle.criruntime.internal.image.LayerCopier;
import dev.coracle.criruntime.internal.image.LayerUnpacker;
import dev.coracle.criruntime.internal.linux.PosixException;
import dev.coracle.criruntime.internal.linux.Processes;
import dev.coracle.criruntime.internal.linux.Spawn;
import dev.coracle.criruntime.internal.linux.SyscallProgram;
import dev.coracle.criruntime.server.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Containers as plain processes of the user who runs this JVM: for development, where there is no
 * root. The image is copied into a directory, mounts become symlinks in it, and commands of the
 * image are looked for there first; nothing is isolated, and pods have the host's network.
 */
public final class ProcessKind implements ContainerKind {
  private static final long START_SECONDS = 20;
  private final String reason;
  private final Path shell;

  /**
   * @param reason why nothing better is used
   */
  ProcessKind(String reason, Path shell) {
    this.reason = reason;
    this.shell = shell;
  }

  @Override
  public String describe() {
    return "plain processes: " + reason;
  }

  @Override
  public LayerUnpacker.Form layerForm() {
    return LayerUnpacker.Form.PLAIN;
  }

  @Override
  public boolean isolates() {
    return false;
  }

  @Override
  public void create(Launch launch) throws IOException {
    LayerCopier.copy(launch.layers().reversed(), launch.rootfs());
    for (MountPlan.Bind bind : launch.mounts().binds()) {
      Path target = launch.rootfs().resolve(bind.target().substring(1));
      Path parent = target.getParent();
      if (parent != null && !bind.isImage()) {
        Files.createDirectories(parent);
        FileTrees.delete(target);
        Files.createSymbolicLink(target, bind.source().getFirst());
      }
    }
    Files.createDirectories(launch.rootfs().resolve(launch.process().cwd().substring(1)));
    List<String> env = new ArrayList<>(launch.process().env());
    env.add("CORACLE_ROOTFS=" + launch.rootfs());
    WaiterScripts.writeEnvironment(launch.directory(), env, false);
  }

  @Override
  public int start(Launch launch, Shim shim, Map<Integer, Integer> fds) throws IOException {
    List<String> words = new ArrayList<>();
    words.addAll(List.of(shell.toString(), "-c"));
    words.add(
        launch.config().getTty() ? WaiterScripts.PROCESS_WAITER_TTY : WaiterScripts.PROCESS_WAITER);
    words.add("coracle-waiter");
    words.add(launch.directory().resolve("env").toString());
    words.add(cwd(launch, launch.process()).toString());
    words.addAll(located(launch, launch.process()).argv());
    tryCgroup(launch);
    int waiter;
    try (SyscallProgram program = new SyscallProgram()) {
      waiter =
          Spawn.start(
              program,
              new Spawn.Command(
                  List.of(shell.toString()), words, HostTools.ENV, fds, launch.config().getTty()));
    }
    shim.started(waiter);
    try {
      int pid = shim.child().get(START_SECONDS, TimeUnit.SECONDS);
      shim.ready().get(START_SECONDS, TimeUnit.SECONDS);
      if (launch.cgroup().exists()) {
        launch.cgroup().attach(pid);
      }
      ContainerLimits.oomScore(pid, launch);
      shim.go(true);
      return pid;
    } catch (ExecutionException | TimeoutException e) {
      throw new StartException("the container's process did not start", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  // Limits where they can be had, which they cannot without root.
  private static void tryCgroup(Launch launch) throws IOException {
    if (launch.cgroup().host().isWritable()) {
      launch.cgroup().create();
      ContainerLimits.of(launch.config().getLinux().getResources()).apply(launch.cgroup());
    }
  }

  /** The command as a path of the host: the image's own if it has one, else the host's. */
  private static ProcessSpec located(Launch launch, ProcessSpec process) throws StartException {
    String command = process.argv().getFirst();
    boolean denied = false;
    List<String> words = new ArrayList<>(process.argv());
    for (String candidate : Executables.candidates(process)) {
      String absolute = candidate.startsWith("/") ? candidate : process.cwd() + "/" + candidate;
      for (Path path : List.of(launch.rootfs().resolve(absolute.substring(1)), Path.of(absolute))) {
        if (Files.isRegularFile(path) && Files.isExecutable(path)) {
          words.set(0, path.toString());
          return process.withArgv(words);
        }
        denied |= Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isSymbolicLink(path);
      }
    }
    if (denied) {
      throw StartException.denied(command);
    }
    throw command.contains("/")
        ? StartException.noSuchFile(command)
        : StartException.notInPath(command);
  }

  private static Path cwd(Launch launch, ProcessSpec process) {
    return launch.rootfs().resolve(process.cwd().substring(1));
  }

  @Override
  public int exec(Launch launch, int pid, ProcessSpec process, ExecStreams streams)
      throws IOException {
    ProcessSpec found = located(launch, process);
    List<String> env = new ArrayList<>(process.env());
    env.add("CORACLE_ROOTFS=" + launch.rootfs());
    try (SyscallProgram program = new SyscallProgram()) {
      program.must(
          "chdir",
          dev.coracle.criruntime.internal.linux.Sys.CHDIR,
          program.text(cwd(launch, process).toString()));
      int child =
          Spawn.start(
              program,
              new Spawn.Command(
                  List.of(found.argv().getFirst()),
                  found.argv(),
                  env,
                  streams.fds(),
                  streams.terminal()));
      if (launch.cgroup().exists() && Processes.startTime(child) >= 0) {
        launch.cgroup().attach(child);
      }
      ContainerLimits.oomScoreOfAll(child, launch);
      return child;
    } catch (PosixException e) {
      throw Executables.explain(process, e);
    }
  }

  @Override
  public void remove(Launch launch) throws IOException {
    if (launch.cgroup().exists()) {
      launch.cgroup().kill();
      launch.cgroup().remove();
    }
    FileTrees.delete(launch.directory());
  }
}
