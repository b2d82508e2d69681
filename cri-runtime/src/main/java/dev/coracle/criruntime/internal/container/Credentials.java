package dev.coracle.criruntime.internal.container;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.coracle.criruntime.internal.linux.Sys;
import dev.coracle.criruntime.internal.linux.SyscallProgram;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Adds to a program the calls by which its thread gives up all but a process's own rights. */
public final class Credentials {
  private static final int PR_CAPBSET_DROP = 24;
  private static final int PR_SET_KEEPCAPS = 8;
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int PR_CAP_AMBIENT = 47;
  private static final int PR_CAP_AMBIENT_RAISE = 2;
  private static final int CAPABILITY_VERSION_3 = 0x20080522;

  /** Upstream's user of its pause image. */
  private static final int NOBODY = 65535;

  private Credentials() {}

  static void become(SyscallProgram program, ProcessSpec process) {
    for (String c : Capabilities.all()) {
      if (!process.bounding().contains(c)) {
        program.may("drop " + c, Sys.PRCTL, PR_CAPBSET_DROP, Capabilities.number(c));
      }
    }
    List<Integer> groups = process.groups();
    MemorySegment list = program.arena().allocate(JAVA_INT, Math.max(1, groups.size()));
    for (int i = 0; i < groups.size(); i++) {
      list.setAtIndex(JAVA_INT, i, groups.get(i));
    }
    boolean ambient = !process.ambient().isEmpty();
    if (ambient) {
      program.must("keep capabilities", Sys.PRCTL, PR_SET_KEEPCAPS, 1);
    }
    program.must("setgroups", Sys.SETGROUPS, groups.size(), list.address());
    program.must("setgid", Sys.SETRESGID, process.gid(), process.gid(), process.gid());
    program.must("setuid", Sys.SETRESUID, process.uid(), process.uid(), process.uid());
    if (ambient) {
      raiseAmbient(program, process);
    }
    if (process.noNewPrivileges()) {
      program.must("no_new_privs", Sys.PRCTL, PR_SET_NO_NEW_PRIVS, 1);
    }
  }

  /** For a process that needs nothing: no capability ever again, and a user who owns nothing. */
  public static void giveUpAll(SyscallProgram program) {
    for (String c : Capabilities.all()) {
      program.may("drop " + c, Sys.PRCTL, PR_CAPBSET_DROP, Capabilities.number(c));
    }
    program.must("setgroups", Sys.SETGROUPS, 0, 0);
    program.must("setgid", Sys.SETRESGID, NOBODY, NOBODY, NOBODY);
    program.must("setuid", Sys.SETRESUID, NOBODY, NOBODY, NOBODY);
    program.must("no_new_privs", Sys.PRCTL, PR_SET_NO_NEW_PRIVS, 1);
  }

  private static void raiseAmbient(SyscallProgram program, ProcessSpec process) {
    long bits = 0;
    for (String c : process.ambient()) {
      bits |= 1L << Capabilities.number(c);
    }
    MemorySegment header = program.arena().allocate(8, 4);
    header.set(JAVA_INT, 0, CAPABILITY_VERSION_3);
    MemorySegment data = program.arena().allocate(24, 4);
    for (int word = 0; word < 2; word++) {
      int part = (int) (bits >>> (32 * word));
      for (int field = 0; field < 3; field++) {
        data.set(JAVA_INT, 12L * word + 4L * field, part);
      }
    }
    program.must("capset", Sys.CAPSET, header.address(), data.address());
    for (String c : process.ambient()) {
      program.must(
          "ambient " + c, Sys.PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, Capabilities.number(c));
    }
  }
}
