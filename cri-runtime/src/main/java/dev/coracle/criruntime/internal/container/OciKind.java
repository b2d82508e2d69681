package dev.coracle.criruntime.internal.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.coracle.criruntime.internal.cgroup.CgroupHost;
import dev.coracle.criruntime.internal.image.FileTrees;
import dev.coracle.criruntime.internal.image.LayerUnpacker;
import dev.coracle.criruntime.internal.linux.Errno;
import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.Mounts;
import dev.coracle.criruntime.internal.linux.SealedProgram;
import dev.coracle.criruntime.internal.linux.Spawn;
import dev.coracle.criruntime.internal.linux.Sys;
import dev.coracle.criruntime.internal.linux.SyscallProgram;
import dev.coracle.criruntime.internal.pod.UserNamespace;
import dev.coracle.criruntime.server.StartException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Containers by crun or runc. The waiter runs {@code run} in the foreground, in a mount namespace
 * in which the image's overlay is mounted; crun's pid file, or a hook of runc, says when the
 * container runs. Both are started from a sealed copy in memory ({@link SealedProgram}).
 */
public final class OciKind implements ContainerKind {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long START_SECONDS = 30;
  private static final int SPEC_FD = 3;
  private static final Pattern NOT_FOUND =
      Pattern.compile("executable file [`\"']?([^`\"']*)[`\"']? not found");
  private static final Pattern NOT_EXECUTABLE =
      Pattern.compile("open executable: Permission denied|exists but it is not executable");

  private final Path program;
  private final Path shell;
  private final Path state;
  private final String version;
  private final boolean hideUnified;
  private final boolean writesCheckpoints;

  private OciKind(
      Path program,
      Path shell,
      Path state,
      String version,
      boolean hideUnified,
      boolean writesCheckpoints) {
    this.program = program;
    this.shell = shell;
    this.state = state;
    this.version = version;
    this.hideUnified = hideUnified;
    this.writesCheckpoints = writesCheckpoints;
  }

  /**
   * @param name crun or runc
   * @param state where the runtime keeps its own state
   */
  static Optional<OciKind> find(String name, Path state, CgroupHost cgroups) {
    Optional<Path> binary = HostTools.find(name);
    Optional<Path> shell = HostTools.find("sh");
    if (binary.isEmpty() || shell.isEmpty()) {
      return Optional.empty();
    }
    try {
      HostTools.Result said = HostTools.run("", List.of(binary.get().toString(), "--version"));
      Matcher m = Pattern.compile("version ([0-9][^\\s]*)").matcher(said.output());
      if (said.code() != 0) {
        return Optional.empty();
      }
      return Optional.of(
          new OciKind(
              SealedProgram.of(binary.get()),
              shell.get(),
              Files.createDirectories(state),
              name + " " + (m.find() ? m.group(1) : ""),
              // crun refuses a hybrid host unless it looks like one of version 1.
              name.equals("crun") && cgroups.isHybrid() && !cgroups.isV2(),
              !name.equals("crun") || said.output().contains("+CRIU")));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public String describe() {
    return version;
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
  public boolean confines() {
    return AppArmorProfiles.isEnabled();
  }

  @Override
  public void create(Launch launch) throws IOException {
    for (String name : List.of("rootfs", "upper", "work")) {
      Files.createDirectories(launch.directory().resolve(name));
    }
    Path upper = launch.directory().resolve("upper");
    Files.setAttribute(upper, "unix:mode", 0755);
    if (launch.sandbox().userNamespace().isPresent()) {
      UserNamespace users = launch.sandbox().userNamespace().get();
      Files.setAttribute(upper, "unix:uid", users.hostUid(0));
      Files.setAttribute(upper, "unix:gid", users.hostGid(0));
    }
    Files.write(
        launch.directory().resolve("config.json"),
        new OciSpec(launch)
            .write(
                writesPidIntoPipe()
                    ? Optional.empty()
                    : Optional.of(new OciSpec.Hook(shell, launch.directory().resolve("status")))));
  }

  @Override
  public int start(Launch launch, Shim shim, Map<Integer, Integer> fds) throws IOException {
    Files.deleteIfExists(log(launch));
    // The runtime removes the group when the container ends, and with it the count of OOM kills.
    launch.cgroup().create();
    if (launch.config().getLinux().getResources().getMemoryLimitInBytes() > 0) {
      shim.watchMemory(launch.cgroup());
    }
    List<String> words = new ArrayList<>();
    words.addAll(List.of(shell.toString(), "-c"));
    words.add(launch.config().getTty() ? WaiterScripts.OCI_WAITER_TTY : WaiterScripts.OCI_WAITER);
    words.add("coracle-waiter");
    words.addAll(command(log(launch)));
    words.add("run");
    if (writesPidIntoPipe()) {
      words.addAll(List.of("--pid-file", shim.expectPid(fds).toString()));
    }
    boolean tty = launch.config().getTty();
    if (tty && handsOverTerminals()) {
      words.addAll(List.of("--console-socket", shim.handedTerminal().expect().toString()));
    }
    words.addAll(List.of("--bundle", launch.directory().toString(), launch.id()));
    int waiter;
    boolean ownUsers = launch.sandbox().userNamespace().isPresent();
    int users = ownUsers ? Fd.open(launch.sandbox().userNamespaceFile(), Fd.O_RDONLY) : -1;
    try (SyscallProgram program = new SyscallProgram()) {
      Mounts mounts = new Mounts(program);
      if (ownUsers) {
        new IdMappedRoot(launch).build(mounts, users);
      } else {
        NamespaceRoot.overlay(launch, mounts);
      }
      if (hideUnified) {
        mounts.tryDetach("/sys/fs/cgroup/unified");
      }
      waiter =
          Spawn.start(
              program,
              new Spawn.Command(
                  List.of(shell.toString()),
                  words,
                  HostTools.ENV,
                  fds,
                  tty && !handsOverTerminals()));
    } finally {
      Fd.close(users);
    }
    shim.started(waiter);
    try {
      CompletableFuture<Integer> running =
          shim.child().thenCombine(shim.handedTerminal().here(), (pid, kept) -> pid);
      CompletableFuture.anyOf(running, shim.ended()).get(START_SECONDS, TimeUnit.SECONDS);
      return shim.child().state() == Future.State.SUCCESS
          ? shim.child().resultNow()
          : failed(launch);
    } catch (ExecutionException e) {
      return failed(launch);
    } catch (TimeoutException e) {
      throw new StartException("the OCI runtime did not start the container in time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** crun writes it when the container's command runs; runc would put a file in its place. */
  private boolean writesPidIntoPipe() {
    return isCrun();
  }

  private boolean isCrun() {
    return version.startsWith("crun");
  }

  private List<String> command(Path logFile) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of(program.toString(), "--root", state.toString()));
    words.addAll(List.of("--log", logFile.toString(), "--log-format", "json"));
    if (isCrun()) {
      words.add("--cgroup-manager=cgroupfs");
    }
    return words;
  }

  private static Path log(Launch launch) {
    return launch.directory().resolve("runtime.log");
  }

  /**
   * The last error that the runtime wrote into its log: one JSON object after the other, each in a
   * line of its own or, by newer crun, over several.
   */
  static String error(Path log) {
    String message = "the OCI runtime ended without a word";
    try (MappingIterator<JsonNode> written =
        JSON.readerFor(JsonNode.class).readValues(log.toFile())) {
      while (written.hasNextValue()) {
        JsonNode n = written.nextValue();
        if (n.path("level").asText().equals("error")) {
          message = n.path("msg").asText();
        }
      }
    } catch (IOException e) {
      // No log, or one that was cut off: what was read until there counts.
    }
    return message;
  }

  private static int failed(Launch launch) throws StartException {
    String message = error(log(launch));
    Matcher m = NOT_FOUND.matcher(message);
    if (m.find()) {
      String command = launch.process().argv().getFirst();
      throw command.contains("/")
          ? StartException.noSuchFile(command)
          : StartException.notInPath(command);
    }
    if (NOT_EXECUTABLE.matcher(message).find()) {
      throw StartException.denied(launch.process().argv().getFirst());
    }
    throw new StartException(message);
  }

  @Override
  public int exec(Launch launch, int pid, ProcessSpec process, ExecStreams streams)
      throws IOException {
    probe(pid, process);
    boolean terminal = streams.terminal() || streams.console().isPresent();
    byte[] spec = JSON.writeValueAsBytes(OciSpec.process(process, terminal));
    List<String> words = command(launch.directory().resolve("exec.log"));
    words.addAll(List.of("exec", "--process", "/proc/self/fd/" + SPEC_FD));
    streams.console().ifPresent(c -> words.addAll(List.of("--console-socket", c.toString())));
    words.add(launch.id());
    Map<Integer, Integer> fds = new HashMap<>(streams.fds());
    int[] pipe = Fd.pipe();
    Fd.growPipe(pipe[1], spec.length); // So that nobody waits for a runtime that does not read.
    fds.put(SPEC_FD, pipe[0]);
    try (SyscallProgram program = new SyscallProgram()) {
      Mounts mounts = new Mounts(program);
      mounts.unshare(Mounts.CLONE_NEWNS).propagation("/", Mounts.REC | Mounts.SLAVE);
      if (launch.sandbox().userNamespace().isPresent()) {
        new IdMappedRoot(launch).standIn(mounts);
      }
      if (hideUnified) {
        mounts.tryDetach("/sys/fs/cgroup/unified");
      }
      int runtime =
          Spawn.start(
              program,
              new Spawn.Command(
                  List.of(words.getFirst()), words, HostTools.ENV, fds, streams.terminal()));
      Fd.close(pipe[0]);
      pipe[0] = -1;
      // The runtime waits for the specification: what it starts then has its score from the start.
      ContainerLimits.oomScore(runtime, launch);
      Fd.writeAll(pipe[1], spec);
      return runtime;
    } finally {
      Fd.close(pipe[0]);
      Fd.close(pipe[1]);
    }
  }

  /** crun's; runc takes a console socket only from somebody who does not wait for the process. */
  @Override
  public boolean handsOverTerminals() {
    return isCrun();
  }

  /** Looks whether the command is there, to say it in the usual words. */
  private static void probe(int pid, ProcessSpec process) throws IOException {
    int namespace = Fd.open(Path.of("/proc/" + pid + "/ns/mnt"), Fd.O_RDONLY);
    try (SyscallProgram program = new SyscallProgram()) {
      Mounts mounts = new Mounts(program);
      mounts.enter(namespace, Mounts.CLONE_NEWNS);
      program.may("chdir", Sys.CHDIR, program.text(process.cwd()));
      List<String> candidates = Executables.candidates(process);
      int first = program.size();
      for (String path : candidates) {
        program.may("", Sys.FACCESSAT, Fd.AT_FDCWD, program.text(path), 1);
      }
      SyscallProgram.Outcome outcome = Spawn.run(program);
      if (!outcome.ok()) {
        throw new StartException(outcome.what() + ": " + Errno.message(outcome.errno()));
      }
      Executables.check(process, candidates.size(), i -> (int) -outcome.results()[first + i]);
    } finally {
      Fd.close(namespace);
    }
  }

  @Override
  public void checkpoint(Launch launch, Path images, Path work, Duration limit) throws IOException {
    if (!writesCheckpoints) {
      throw new UnsupportedOperationException(
          "checkpoints need an OCI runtime that knows CRIU, and this node's "
              + version
              + " is built without it: use runc");
    }
    Criu criu = Criu.find();
    Path said = work.resolve("runtime.log");
    List<String> words = command(said);
    words.addAll(List.of("checkpoint", "--leave-running"));
    words.addAll(List.of("--image-path", images.toString(), "--work-path", work.toString()));
    words.add(launch.id());
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().clear();
    builder.environment().put("PATH", criu.directory() + ":" + HostTools.PATH);
    if (HostTools.run(builder, new byte[0], limit).code() != 0) {
      throw new IOException(error(said) + criuError(work.resolve("dump.log")));
    }
  }

  /** CRIU's own word, which the OCI runtime only points at. */
  private static String criuError(Path log) {
    try (Stream<String> lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
      return lines
          .filter(line -> line.contains("Error"))
          .reduce((first, last) -> last)
          .map(line -> ": " + line.strip())
          .orElse("");
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void remove(Launch launch) throws IOException {
    launch.cgroup().kill();
    if (Files.exists(state.resolve(launch.id()))) {
      List<String> words = command(log(launch));
      words.addAll(List.of("delete", "--force", launch.id()));
      HostTools.run("", words);
      FileTrees.delete(state.resolve(launch.id()));
    }
    launch.cgroup().remove();
    FileTrees.delete(launch.directory());
  }
}
