package dev.coracle.criruntime.internal.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** Signals, process handles and exit codes. */
public final class Processes {
  public static final int SIGHUP = 1;
  public static final int SIGKILL = 9;
  public static final int SIGTERM = 15;
  private static final int WNOHANG = 1;

  private Processes() {}

  /** False when there is no such process (any more). */
  public static boolean kill(int pid, int signal) {
    return pid > 0 && Native.call(Sys.KILL, pid, signal) == 0;
  }

  /** A descriptor that becomes readable when the process ends; -1 when there is no such process. */
  public static int pidfd(int pid) {
    long fd = Native.call(Sys.PIDFD_OPEN, pid, 0);
    return fd < 0 ? -1 : (int) fd;
  }

  /** A duplicate of another process's descriptor. */
  public static int takeFd(int pid, int fd) throws PosixException {
    int handle = (int) Native.check("pidfd_open " + pid, Sys.PIDFD_OPEN, pid, 0);
    try {
      return (int) Native.check("pidfd_getfd " + pid, Sys.PIDFD_GETFD, handle, fd, 0);
    } finally {
      Fd.close(handle);
    }
  }

  /**
   * Reaps a child without waiting: its exit code as a shell tells it (128 + signal), -1 while it
   * runs, -2 when it is no child of ours.
   */
  public static int reap(int pid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(8);
      long result = Native.call(Sys.WAIT4, pid, status.address(), WNOHANG, 0);
      if (result == 0) {
        return -1;
      }
      if (result < 0) {
        return -2;
      }
      int bits = status.get(JAVA_INT, 0);
      int signal = bits & 0x7f;
      return signal == 0 ? (bits >> 8) & 0xff : 128 + signal;
    }
  }

  /**
   * When the process started, in clock ticks since boot: with the pid it names a process for ever.
   * -1 when there is none, or only its zombie.
   */
  public static long startTime(int pid) {
    try {
      String[] fields = stat(Path.of("/proc/" + pid));
      return fields[0].equals("Z") || fields[0].equals("X") ? -1 : Long.parseLong(fields[19]);
    } catch (IOException | RuntimeException e) {
      return -1;
    }
  }

  /** What stands in {@code stat} after the name, which may be any bytes (proc(5)). */
  private static String[] stat(Path process) throws IOException {
    String stat = ProcFiles.text(process.resolve("stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
  }

  /** Kills every process of a session but these. */
  public static void killSession(int session, Set<Integer> spared) {
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        int pid = Integer.parseInt(process.getFileName().toString());
        try {
          String[] fields = stat(process);
          if (Integer.parseInt(fields[3]) == session && !spared.contains(pid)) {
            kill(pid, SIGKILL);
          }
        } catch (IOException gone) {
          // It ended while we looked.
        }
      }
    } catch (IOException e) {
      // Without /proc there is nothing to see.
    }
  }

  public static boolean isAlive(int pid, long startTime) {
    return pid > 0 && startTime >= 0 && startTime(pid) == startTime;
  }
}
