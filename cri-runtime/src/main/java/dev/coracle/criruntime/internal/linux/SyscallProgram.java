package dev.coracle.criruntime.internal.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A list of system calls with all their memory prepared, to be run by a thread whose view of the
 * machine (file system root, namespaces, credentials) they change.
 *
 * <p>Such a thread must neither load a class nor open a file by Java's means, since paths mean
 * something else to it; so the program is built on an ordinary thread, and running it is one loop
 * over numbers. Not thread-safe; build, run once, close.
 */
public final class SyscallProgram implements AutoCloseable {
  /** What became of a run: the first needed call that failed, if one did, and every result. */
  public record Outcome(int failedStep, int errno, String what, long[] results) {
    public boolean ok() {
      return failedStep < 0;
    }

    public void orThrow() throws PosixException {
      if (!ok()) {
        throw new PosixException(what, errno);
      }
    }
  }

  /** Arguments from here on are no numbers of their own: each stands for an earlier result. */
  private static final long RESULTS = Long.MIN_VALUE;

  private static final long MAX_STEPS = 4096;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment state = Native.state(arena);
  private final List<long[]> calls = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final List<Boolean> fatal = new ArrayList<>();

  /** Adds a call that must succeed. */
  public SyscallProgram must(String what, long nr, long... args) {
    return add(true, what, nr, args);
  }

  /** Adds a call whose failure does not matter. */
  public SyscallProgram may(String what, long nr, long... args) {
    return add(false, what, nr, args);
  }

  private SyscallProgram add(boolean needed, String what, long nr, long... args) {
    long[] call = new long[7];
    call[0] = nr;
    System.arraycopy(args, 0, call, 1, args.length);
    calls.add(call);
    names.add(what);
    fatal.add(needed);
    return this;
  }

  /** The number that the next call added will have in {@link Outcome#results()}. */
  public int size() {
    return calls.size();
  }

  /** As an argument: what the call with this number will have returned, such as a descriptor. */
  public static long resultOf(int step) {
    return RESULTS + step;
  }

  /** The address of a C string that lives as long as the program. */
  public long text(String text) {
    return Native.cString(arena, text).address();
  }

  public Arena arena() {
    return arena;
  }

  /** Freezes the program into what a thread can run without touching anything else. */
  Runner runner() {
    boolean[] needed = new boolean[fatal.size()];
    for (int i = 0; i < needed.length; i++) {
      needed[i] = fatal.get(i);
    }
    return new Runner(state, calls.toArray(long[][]::new), needed);
  }

  Outcome outcome(Runner runner) {
    int failed = runner.failedStep;
    return new Outcome(
        failed, runner.errno, failed < 0 ? "" : names.get(failed), runner.results.clone());
  }

  /** Runs it here and now. */
  public Outcome runHere() {
    Runner runner = runner();
    runner.run();
    return outcome(runner);
  }

  @Override
  public void close() {
    arena.close();
  }

  /** The loop. Everything it touches is loaded before the first call is made. */
  static final class Runner implements Runnable {
    private final MemorySegment state;
    private final long[][] calls;
    private final boolean[] needed;
    volatile int failedStep = -1;
    volatile int errno;
    private final long[] results;

    Runner(MemorySegment state, long[][] calls, boolean[] needed) {
      this.state = state;
      this.calls = calls;
      this.needed = needed;
      this.results = new long[calls.length];
    }

    @Override
    public void run() {
      for (int i = 0; i < calls.length; i++) {
        long[] c = calls[i];
        for (int k = 1; k < c.length; k++) {
          if (c[k] < RESULTS + MAX_STEPS) {
            c[k] = results[(int) (c[k] - RESULTS)];
          }
        }
        long result = Native.raw(state, c[0], c[1], c[2], c[3], c[4], c[5], c[6]);
        results[i] = result;
        if (result < 0 && needed[i]) {
          errno = (int) -result;
          failedStep = i;
          break;
        }
      }
    }
  }
}
