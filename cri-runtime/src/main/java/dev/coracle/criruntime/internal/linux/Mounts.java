package dev.coracle.criruntime.internal.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * Adds mount calls to a {@link SyscallProgram} (mount(2), open_tree(2), mount_setattr(2),
 * pivot_root(2)).
 */
public final class Mounts {
  public static final long RDONLY = 1;
  public static final long NOSUID = 2;
  public static final long NODEV = 4;
  public static final long NOEXEC = 8;
  public static final long REMOUNT = 32;
  public static final long BIND = 4096;
  public static final long REC = 16384;
  public static final long PRIVATE = 1 << 18;
  public static final long SLAVE = 1 << 19;
  public static final long SHARED = 1 << 20;
  public static final long RELATIME = 1 << 21;
  public static final long STRICTATIME = 1 << 24;
  public static final int CLONE_NEWNS = 0x20000;
  public static final int CLONE_NEWUTS = 0x04000000;
  public static final int CLONE_NEWIPC = 0x08000000;
  public static final int CLONE_NEWNET = 0x40000000;
  private static final int DETACH = 2;
  private static final int AT_RECURSIVE = 0x8000;
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int OPEN_TREE_CLONE = 1;
  private static final int MOVE_MOUNT_F_EMPTY_PATH = 4;
  private static final long ATTR_IDMAP = 0x100000;
  private static final int S_IFCHR = 0x2000;

  private final SyscallProgram program;

  public Mounts(SyscallProgram program) {
    this.program = program;
  }

  public Mounts mount(String type, String source, String target, long flags, String data) {
    program.must(
        "mount " + source + " at " + target, Sys.MOUNT, args(type, source, target, flags, data));
    return this;
  }

  /** A mount whose failure does not matter. */
  public Mounts tryMount(String type, String source, String target, long flags, String data) {
    program.may("mount " + target, Sys.MOUNT, args(type, source, target, flags, data));
    return this;
  }

  private long[] args(String type, String source, String target, long flags, String data) {
    return new long[] {
      program.text(source),
      program.text(target),
      type.isEmpty() ? 0 : program.text(type),
      flags,
      data.isEmpty() ? 0 : program.text(data)
    };
  }

  public Mounts bind(String source, String target, boolean recursive) {
    return mount("", source, target, BIND | (recursive ? REC : 0), "");
  }

  /** Sets propagation: one of PRIVATE, SLAVE, SHARED, with REC. */
  public Mounts propagation(String target, long flags) {
    return mount("", "none", target, flags, "");
  }

  /** Makes a mount read-only and leaves its other flags; needs Linux 5.12. */
  public Mounts readOnly(String target, boolean recursive) {
    MemorySegment attributes = program.arena().allocate(32, 8);
    attributes.set(JAVA_LONG, 0, 1);
    program.must(
        "make " + target + " read-only",
        Sys.MOUNT_SETATTR,
        Fd.AT_FDCWD,
        program.text(target),
        recursive ? AT_RECURSIVE : 0,
        attributes.address(),
        32);
    return this;
  }

  /**
   * A detached copy of the mount at a path, to be put somewhere by {@link #attach}.
   *
   * @param userNamespace a descriptor of the user namespace through which files' owners are seen,
   *     as mount_setattr(2) has it; -1 for as they are
   * @return the copy, as an argument to later calls
   */
  public long copy(String source, boolean recursive, int userNamespace) {
    long copy = SyscallProgram.resultOf(program.size());
    program.must(
        "open " + source,
        Sys.OPEN_TREE,
        Fd.AT_FDCWD,
        program.text(source),
        OPEN_TREE_CLONE | Fd.O_CLOEXEC | (recursive ? AT_RECURSIVE : 0));
    if (userNamespace >= 0) {
      MemorySegment attributes = program.arena().allocate(32, 8);
      attributes.set(JAVA_LONG, 0, ATTR_IDMAP);
      attributes.set(JAVA_LONG, 24, userNamespace);
      program.must(
          "failed to set MOUNT_ATTR_IDMAP on "
              + source
              + " (maybe the filesystem used doesn't support idmap mounts on this kernel?)",
          Sys.MOUNT_SETATTR,
          copy,
          program.text(""),
          AT_EMPTY_PATH,
          attributes.address(),
          32);
    }
    return copy;
  }

  /** Puts what {@link #copy} made at a path, which exists. */
  public Mounts attach(long copy, String target) {
    program.must(
        "mount at " + target,
        Sys.MOVE_MOUNT,
        copy,
        program.text(""),
        Fd.AT_FDCWD,
        program.text(target),
        MOVE_MOUNT_F_EMPTY_PATH);
    return this;
  }

  /** Binds a path over itself read-only, if it is there. */
  public Mounts tryReadOnlyPath(String target) {
    tryMount("", target, target, BIND | REC, "");
    return tryMount(
        "", target, target, BIND | REC | REMOUNT | RDONLY | NOSUID | NODEV | NOEXEC, "");
  }

  /** Hides a file behind /dev/null or a directory behind an empty one, if it is there. */
  public Mounts tryMask(String target, String nullDevice) {
    tryMount("", nullDevice, target, BIND, "");
    return tryMount("tmpfs", "tmpfs", target, RDONLY, "size=0");
  }

  /** Makes a directory; that it exists is fine. */
  public Mounts mkdir(String path, int mode) {
    program.may("mkdir " + path, Sys.MKDIRAT, Fd.AT_FDCWD, program.text(path), mode);
    return this;
  }

  /** Makes an empty file to mount over; that it exists is fine. */
  public Mounts touch(String path) {
    program.may("create " + path, Sys.MKNODAT, Fd.AT_FDCWD, program.text(path), 0x8000 | 0644, 0);
    return this;
  }

  public Mounts symlink(String target, String path) {
    program.may(
        "symlink " + path, Sys.SYMLINKAT, program.text(target), Fd.AT_FDCWD, program.text(path));
    return this;
  }

  public Mounts characterDevice(String path, int major, int minor, int mode) {
    return device(path, S_IFCHR | mode, (long) major << 8 | minor);
  }

  public Mounts device(String path, int typeAndMode, long number) {
    program.must(
        "mknod " + path, Sys.MKNODAT, Fd.AT_FDCWD, program.text(path), typeAndMode, number);
    return this;
  }

  public Mounts chdir(String path) {
    program.must("chdir " + path, Sys.CHDIR, program.text(path));
    return this;
  }

  public Mounts umask(int mask) {
    program.must("umask", Sys.UMASK, mask);
    return this;
  }

  public Mounts unshare(int flags) {
    program.must("unshare", Sys.UNSHARE, flags);
    return this;
  }

  public Mounts enter(int namespaceFd, int kind) {
    program.must("setns", Sys.SETNS, namespaceFd, kind);
    return this;
  }

  public Mounts tryDetach(String target) {
    program.may("umount " + target, Sys.UMOUNT2, program.text(target), DETACH);
    return this;
  }

  /**
   * Makes the mount at {@code root} the root of this mount namespace, for every process in it, and
   * drops the old one.
   */
  public Mounts pivot(String root) {
    chdir(root);
    long here = program.text(".");
    program.must("pivot_root " + root, Sys.PIVOT_ROOT, here, here);
    program.must("detach the old root", Sys.UMOUNT2, here, DETACH);
    return chdir("/");
  }
}
