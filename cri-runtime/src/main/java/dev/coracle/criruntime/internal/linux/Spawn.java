package dev.coracle.criruntime.internal.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Map;

/**
 * Starts a process from a thread that first changes itself, for example enters namespaces and drops
 * privileges: the child inherits what that thread has become. The thread ends with the spawn.
 *
 * <p>The child is a child of this process: somebody must {@link Processes#reap reap} it.
 */
public final class Spawn {
  private static final int CLONE_FS = 0x200;
  private static final int CLONE_FILES = 0x400;
  private static final int CLOSE_RANGE_CLOEXEC = 4;
  private static final short SETSIGDEF = 0x04;
  private static final short SETSIGMASK = 0x08;
  private static final short SETSID = 0x80;

  private static final MethodHandle POSIX_SPAWN =
      handle("posix_spawn", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
  private static final MethodHandle ACTIONS_INIT = handle("posix_spawn_file_actions_init", ADDRESS);
  private static final MethodHandle ACTIONS_DESTROY =
      handle("posix_spawn_file_actions_destroy", ADDRESS);
  private static final MethodHandle ADD_DUP2 =
      handle("posix_spawn_file_actions_adddup2", ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle ADD_OPEN =
      handle("posix_spawn_file_actions_addopen", ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle ATTR_INIT = handle("posix_spawnattr_init", ADDRESS);
  private static final MethodHandle ATTR_DESTROY = handle("posix_spawnattr_destroy", ADDRESS);
  private static final MethodHandle ATTR_FLAGS =
      handle("posix_spawnattr_setflags", ADDRESS, JAVA_SHORT);
  private static final MethodHandle ATTR_SIGDEFAULT =
      handle("posix_spawnattr_setsigdefault", ADDRESS, ADDRESS);
  private static final MethodHandle ATTR_SIGMASK =
      handle("posix_spawnattr_setsigmask", ADDRESS, ADDRESS);

  private Spawn() {}

  /**
   * What to start. {@code paths} are tried in order until one exists; {@code fds} maps the child's
   * descriptors to ours (all others are closed); {@code terminal} reopens descriptor 0 by path so
   * that it becomes the child's controlling terminal.
   */
  public record Command(
      List<String> paths,
      List<String> argv,
      List<String> env,
      Map<Integer, Integer> fds,
      boolean terminal) {
    public Command {
      paths = List.copyOf(paths);
      argv = List.copyOf(argv);
      env = List.copyOf(env);
      fds = Map.copyOf(fds);
    }

    public static Command of(List<String> argv, List<String> env, Map<Integer, Integer> fds) {
      return new Command(List.of(argv.getFirst()), argv, env, fds, false);
    }
  }

  /**
   * Runs the program on a fresh thread, then starts the command from it.
   *
   * @return the child's pid
   * @throws PosixException what failed: a step of the program, or {@code exec} with the reason
   */
  public static int start(SyscallProgram program, Command command) throws PosixException {
    // A descriptor that the child needs under a low number must not be overwritten by an earlier
    // dup2; ours are all above that range because a JVM has dozens open.
    Arena arena = program.arena();
    MemorySegment actions = arena.allocate(256, 16);
    MemorySegment attributes = arena.allocate(512, 16);
    MemorySegment all = arena.allocate(128, 8);
    all.fill((byte) 0xff);
    MemorySegment none = arena.allocate(128, 8);
    MemorySegment[] paths =
        command.paths().stream().map(p -> Native.cString(arena, p)).toArray(MemorySegment[]::new);
    MemorySegment argv = Native.cStrings(arena, command.argv());
    MemorySegment env = Native.cStrings(arena, command.env());
    try {
      int ignored = (int) ACTIONS_INIT.invokeExact(actions);
      ignored = (int) ATTR_INIT.invokeExact(attributes);
      ignored = (int) ATTR_FLAGS.invokeExact(attributes, (short) (SETSIGDEF | SETSIGMASK | SETSID));
      ignored = (int) ATTR_SIGDEFAULT.invokeExact(attributes, all);
      ignored = (int) ATTR_SIGMASK.invokeExact(attributes, none);
      for (Map.Entry<Integer, Integer> fd : command.fds().entrySet()) {
        int theirs = fd.getKey();
        int ours = fd.getValue();
        if (command.terminal() && theirs == 0) {
          MemorySegment path = Native.cString(arena, "/proc/self/fd/" + ours);
          ignored = (int) ADD_OPEN.invokeExact(actions, 0, path, Fd.O_RDWR, 0);
        } else {
          ignored = (int) ADD_DUP2.invokeExact(actions, ours, theirs);
        }
      }
      SyscallProgram.Runner runner = program.runner();
      Launcher launcher =
          new Launcher(
              Native.state(arena),
              runner,
              paths,
              actions,
              attributes,
              argv,
              env,
              arena.allocate(8, 8));
      runOnOwnThread(launcher);
      ignored = (int) ACTIONS_DESTROY.invokeExact(actions);
      ignored = (int) ATTR_DESTROY.invokeExact(attributes);
      program.outcome(runner).orThrow();
      if (launcher.error != 0) {
        throw new PosixException("exec " + command.argv().getFirst(), launcher.error);
      }
      return launcher.pid;
    } catch (PosixException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new IllegalStateException("posix_spawn", t);
    }
  }

  /** Runs the program on a fresh thread with its own file system view and descriptor table. */
  public static SyscallProgram.Outcome run(SyscallProgram program) {
    SyscallProgram.Runner runner = program.runner();
    runOnOwnThread(
        new Launcher(
            Native.state(program.arena()),
            runner,
            new MemorySegment[0],
            MemorySegment.NULL,
            MemorySegment.NULL,
            MemorySegment.NULL,
            MemorySegment.NULL,
            MemorySegment.NULL));
    return program.outcome(runner);
  }

  /** Loads everything such a thread touches, while loading is still possible. */
  public static void warmUp() {
    try (SyscallProgram program = new SyscallProgram()) {
      program.must("getpid", Sys.GETPID).may("nothing", Sys.CLOSE, -1);
      start(
          program,
          new Command(List.of("/nonexistent/warm-up"), List.of("x"), List.of(), Map.of(), false));
    } catch (PosixException expected) {
      // There is no such file; the path to finding that out is now loaded.
    }
  }

  private static void runOnOwnThread(Launcher launcher) {
    Thread thread = Thread.ofPlatform().name("cri-namespace").daemon(true).unstarted(launcher);
    thread.start();
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (launcher.thrown != null) {
      throw new IllegalStateException("namespace thread", launcher.thrown);
    }
  }

  private static MethodHandle handle(String symbol, java.lang.foreign.MemoryLayout... args) {
    return Native.LINKER.downcallHandle(Native.find(symbol), FunctionDescriptor.of(JAVA_INT, args));
  }

  /** What the changed thread does: leave the shared tables, run the program, spawn, end. */
  private static final class Launcher implements Runnable {
    private final MemorySegment state;
    private final SyscallProgram.Runner program;
    private final MemorySegment[] paths;
    private final MemorySegment actions;
    private final MemorySegment attributes;
    private final MemorySegment argv;
    private final MemorySegment env;
    private final MemorySegment pidOut;
    volatile int pid;
    volatile int error;
    volatile @org.jspecify.annotations.Nullable Throwable thrown;

    Launcher(
        MemorySegment state,
        SyscallProgram.Runner program,
        MemorySegment[] paths,
        MemorySegment actions,
        MemorySegment attributes,
        MemorySegment argv,
        MemorySegment env,
        MemorySegment pidOut) {
      this.state = state;
      this.program = program;
      this.paths = paths;
      this.actions = actions;
      this.attributes = attributes;
      this.argv = argv;
      this.env = env;
      this.pidOut = pidOut;
    }

    @Override
    public void run() {
      try {
        Native.raw(state, Sys.UNSHARE, CLONE_FS | CLONE_FILES, 0, 0, 0, 0, 0);
        Native.raw(state, Sys.CLOSE_RANGE, 3, 0x7fffffff, CLOSE_RANGE_CLOEXEC, 0, 0, 0);
        program.run();
        if (program.failedStep >= 0 || paths.length == 0) {
          return;
        }
        int result = Errno.ENOENT;
        int worst = Errno.ENOENT;
        for (int i = 0; i < paths.length; i++) {
          result = (int) POSIX_SPAWN.invokeExact(pidOut, paths[i], actions, attributes, argv, env);
          if (result == 0) {
            pid = pidOut.get(JAVA_INT, 0);
            return;
          }
          if (result == Errno.EACCES) {
            worst = result;
          } else if (result != Errno.ENOENT && result != Errno.ENOTDIR) {
            worst = result;
            break;
          }
        }
        error = worst;
      } catch (Throwable t) {
        thrown = t;
      }
    }
  }
}
