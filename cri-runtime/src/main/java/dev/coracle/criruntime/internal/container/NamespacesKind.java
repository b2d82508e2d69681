package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.criruntime.internal.cgroup.DeviceRules;
import dev.coracle.criruntime.internal.image.FileTrees;
import dev.coracle.criruntime.internal.image.LayerUnpacker;
import dev.coracle.criruntime.internal.linux.Errno;
import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.Mounts;
import dev.coracle.criruntime.internal.linux.PosixException;
import dev.coracle.criruntime.internal.linux.Processes;
import dev.coracle.criruntime.internal.linux.Spawn;
import dev.coracle.criruntime.internal.linux.Sys;
import dev.coracle.criruntime.internal.linux.SyscallProgram;
import dev.coracle.criruntime.server.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Containers by the kernel's namespaces and util-linux, without an OCI runtime.
 *
 * <p>A thread of this JVM makes a mount namespace, builds the root in it, and starts the waiter
 * there. The waiter's first child enters the new PID namespace, mounts proc, drops its privileges
 * and waits. Then a second thread changes the root of the namespace, and so of the waiting child,
 * looks whether the command exists there, and lets it go. The child needs nothing of the image to
 * get there, and never has more rights than the container.
 */
public final class NamespacesKind implements ContainerKind {
  private static final long START_SECONDS = 20;
  private static final int X_OK = 1;

  private final Path shell;
  private final Path unshare;
  private final Path nsenter;
  private final Path setpriv;
  private final Path mount;
  private final String version;
  private final Optional<Path> bash = HostTools.find("bash");
  private final Optional<Path> env = HostTools.find("env");
  private final Set<String> ours = Capabilities.ours();

  private NamespacesKind(
      Path shell, Path unshare, Path nsenter, Path setpriv, Path mount, String version) {
    this.shell = shell;
    this.unshare = unshare;
    this.nsenter = nsenter;
    this.setpriv = setpriv;
    this.mount = mount;
    this.version = version;
  }

  /** Empty where one of the tools is missing. */
  static Optional<NamespacesKind> find() {
    List<Optional<Path>> tools =
        List.of("sh", "unshare", "nsenter", "setpriv", "mount").stream()
            .map(HostTools::find)
            .toList();
    if (tools.stream().anyMatch(Optional::isEmpty)) {
      return Optional.empty();
    }
    List<Path> t = tools.stream().map(Optional::orElseThrow).toList();
    String version;
    try {
      String said = HostTools.run("", List.of(t.get(1).toString(), "--version")).output();
      version = said.strip().replaceFirst(".*util-linux ", "");
    } catch (IOException e) {
      version = "unknown";
    }
    return Optional.of(
        new NamespacesKind(t.get(0), t.get(1), t.get(2), t.get(3), t.get(4), version));
  }

  @Override
  public String describe() {
    return "Linux namespaces (util-linux " + version + ")";
  }

  @Override
  public LayerUnpacker.Form layerForm() {
    return LayerUnpacker.Form.OVERLAY;
  }

  @Override
  public boolean isolates() {
    return true;
  }

  @Override
  public void create(Launch launch) throws IOException {
    for (String name : List.of("rootfs", "upper", "work")) {
      Files.createDirectories(launch.directory().resolve(name));
    }
    // The upper directory's own mode and owner become those of the root.
    Files.setAttribute(launch.directory().resolve("upper"), "unix:mode", 0755);
    WaiterScripts.writeEnvironment(
        launch.directory(), launch.process().env(), bash.isPresent() && env.isPresent());
  }

  @Override
  public int start(Launch launch, Shim shim, Map<Integer, Integer> fds) throws IOException {
    boolean grouped = hasGroup(launch);
    if (grouped) {
      launch.cgroup().create();
      ContainerLimits.of(launch.config().getLinux().getResources()).apply(launch.cgroup());
      if (!launch.privileged()) {
        DeviceRules.apply(launch.cgroup(), ContainerLimits.deviceRules(launch.config()));
      }
    }
    List<Integer> namespaces = new ArrayList<>();
    int waiter;
    try (SyscallProgram program = new SyscallProgram()) {
      Mounts mounts = new Mounts(program);
      for (Map.Entry<Path, Integer> ns : launch.sandbox().namespaceFiles().entrySet()) {
        int fd = Fd.open(ns.getKey(), Fd.O_RDONLY);
        namespaces.add(fd);
        mounts.enter(fd, ns.getValue());
      }
      NamespaceRoot.overlay(launch, mounts);
      new NamespaceRoot(launch, mounts).build(Optional.ofNullable(shim.terminal()));
      waiter =
          Spawn.start(
              program,
              new Spawn.Command(
                  List.of(chain(launch).getFirst()),
                  chain(launch),
                  HostTools.ENV,
                  fds,
                  launch.config().getTty()));
    } finally {
      namespaces.forEach(Fd::close);
    }
    shim.started(waiter);
    int pid = await(shim, shim.child());
    await(shim, shim.ready());
    if (grouped) {
      launch.cgroup().attach(pid);
    }
    ContainerLimits.oomScore(pid, launch);
    changeRoot(launch, waiter);
    shim.go(true);
    return pid;
  }

  /** Without one there are no limits, as for the pod's own (the node says so when it starts). */
  private static boolean hasGroup(Launch launch) {
    return launch.cgroup().host().isWritable();
  }

  /** Where no group keeps a container to its devices, it makes no nodes for others. */
  private static ProcessSpec confined(Launch launch, ProcessSpec process) {
    boolean held = hasGroup(launch) && launch.cgroup().host().controllers().containsKey("devices");
    return held || launch.privileged() ? process : process.without("MKNOD");
  }

  private List<String> chain(Launch launch) {
    List<String> words = new ArrayList<>();
    NamespaceMode mode = launch.security().getNamespaceOptions().getPid();
    Optional<Integer> joined =
        mode == NamespaceMode.POD ? launch.sandbox().pausePid() : launch.targetPid();
    if (joined.isPresent()) {
      words.add(nsenter.toString());
      words.addAll(List.of("--pid=/proc/" + joined.get() + "/ns/pid", "--no-fork", "--"));
    } else if (mode != NamespaceMode.NODE) {
      words.addAll(List.of(unshare.toString(), "--pid", "--"));
    }
    words.add(shell.toString());
    words.add("-c");
    words.add(
        launch.config().getTty()
            ? WaiterScripts.NAMESPACES_WAITER_TTY
            : WaiterScripts.NAMESPACES_WAITER);
    words.add("coracle-waiter");
    words.add(mount.toString());
    words.add(launch.rootfs() + "/proc");
    words.add(launch.directory().resolve("env").toString());
    words.addAll(privileges(confined(launch, launch.process())));
    words.addAll(childShell(launch.process()));
    words.addAll(List.of("-c", WaiterScripts.NAMESPACES_CHILD, "coracle-init"));
    words.add(launch.process().cwd());
    words.addAll(launch.process().argv());
    return words;
  }

  /** The plain shell, or bash with the variables in its environment that only bash passes on. */
  private List<String> childShell(ProcessSpec process) {
    List<String> odd = WaiterScripts.oddVariables(process.env());
    if (odd.isEmpty() || bash.isEmpty() || env.isEmpty()) {
      return List.of(shell.toString());
    }
    List<String> words = new ArrayList<>();
    words.add(env.get().toString());
    words.addAll(odd);
    // Privileged mode takes no functions from the environment.
    words.addAll(List.of(bash.get().toString(), "-p"));
    return words;
  }

  private List<String> privileges(ProcessSpec process) {
    List<String> words = new ArrayList<>();
    words.add(setpriv.toString());
    if (!process.bounding().containsAll(ours)) {
      words.add("--bounding-set=" + set(process.bounding()));
    }
    if (!process.ambient().isEmpty()) {
      words.add("--inh-caps=" + set(process.ambient()));
      words.add("--ambient-caps=" + set(process.ambient()));
    }
    words.add("--reuid=" + process.uid());
    words.add("--regid=" + process.gid());
    words.add(
        "--groups=" + String.join(",", process.groups().stream().map(String::valueOf).toList()));
    if (process.noNewPrivileges()) {
      words.add("--no-new-privs");
    }
    words.add("--");
    return words;
  }

  private static String set(Set<String> capabilities) {
    StringBuilder text = new StringBuilder("-all");
    for (String c : capabilities) {
      text.append(",+cap_").append(Capabilities.number(c));
    }
    return text.toString();
  }

  private static <T> T await(Shim shim, CompletableFuture<T> step) throws IOException {
    try {
      return step.get(START_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new StartException(
          "the container's first process ended before its command (code "
              + shim.ended().getNow(-1)
              + ")",
          e);
    } catch (TimeoutException e) {
      throw new StartException("the container's first process did not get ready in time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static void changeRoot(Launch launch, int waiter) throws IOException {
    int namespace = Fd.open(Path.of("/proc/" + waiter + "/ns/mnt"), Fd.O_RDONLY);
    try (SyscallProgram program = new SyscallProgram()) {
      Mounts mounts = new Mounts(program);
      mounts.enter(namespace, Mounts.CLONE_NEWNS);
      new NamespaceRoot(launch, mounts).finish();
      program.may("chdir", Sys.CHDIR, program.text(launch.process().cwd()));
      List<String> candidates = Executables.candidates(launch.process());
      int first = program.size();
      for (String path : candidates) {
        program.may("", Sys.FACCESSAT, Fd.AT_FDCWD, program.text(path), X_OK);
        program.may("", Sys.FACCESSAT, Fd.AT_FDCWD, program.text(path + "/."), 0);
      }
      SyscallProgram.Outcome outcome = Spawn.run(program);
      if (!outcome.ok()) {
        throw new StartException(outcome.what() + ": " + Errno.message(outcome.errno()));
      }
      Executables.check(
          launch.process(),
          candidates.size(),
          i -> {
            long access = outcome.results()[first + 2 * i];
            boolean directory = outcome.results()[first + 2 * i + 1] == 0;
            return access == 0 && directory ? Errno.EACCES : (int) -access;
          });
    } finally {
      Fd.close(namespace);
    }
  }

  @Override
  public int exec(Launch launch, int pid, ProcessSpec process, ExecStreams streams)
      throws IOException {
    List<Integer> namespaces = new ArrayList<>();
    try (SyscallProgram program = new SyscallProgram()) {
      Mounts mounts = new Mounts(program);
      // The mount namespace comes last: it brings the root, and proc is needed to find the others.
      for (String name : List.of("net", "uts", "ipc", "pid", "mnt")) {
        int fd = Fd.open(Path.of("/proc/" + pid + "/ns/" + name), Fd.O_RDONLY);
        namespaces.add(fd);
        mounts.enter(fd, 0);
      }
      mounts.chdir(process.cwd());
      Credentials.become(program, confined(launch, process));
      int child =
          Spawn.start(
              program,
              new Spawn.Command(
                  Executables.candidates(process),
                  process.argv(),
                  process.env(),
                  streams.fds(),
                  streams.terminal()));
      try {
        if (hasGroup(launch)) {
          launch.cgroup().attach(child);
        }
      } catch (IOException e) {
        // It may have ended already.
        if (Processes.startTime(child) >= 0) {
          Processes.kill(child, Processes.SIGKILL);
          throw e;
        }
      }
      ContainerLimits.oomScoreOfAll(child, launch);
      return child;
    } catch (PosixException e) {
      throw Executables.explain(process, e);
    } finally {
      namespaces.forEach(Fd::close);
    }
  }

  @Override
  public void remove(Launch launch) throws IOException {
    launch.cgroup().kill();
    launch.cgroup().remove();
    FileTrees.delete(launch.directory());
  }
}
