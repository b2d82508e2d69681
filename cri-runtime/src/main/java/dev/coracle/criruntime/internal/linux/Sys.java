package dev.coracle.criruntime.internal.linux;

/** System call numbers of this machine's architecture (x86_64, aarch64). */
public final class Sys {
  static final boolean X86_64 = System.getProperty("os.arch").equals("amd64");

  public static final int READ = pick(0, 63);
  public static final int WRITE = pick(1, 64);
  public static final int CLOSE = pick(3, 57);
  public static final int SOCKET = pick(41, 198);
  public static final int BIND = pick(49, 200);
  public static final int LISTEN = pick(50, 201);
  public static final int ACCEPT4 = pick(288, 242);
  public static final int SOCKETPAIR = pick(53, 199);
  public static final int SENDMSG = pick(46, 211);
  public static final int RECVMSG = pick(47, 212);
  public static final int SENDTO = pick(44, 206);
  public static final int RECVFROM = pick(45, 207);
  public static final int IOCTL = pick(16, 29);
  public static final int FCNTL = pick(72, 25);
  public static final int FLOCK = pick(73, 32);
  public static final int CHDIR = pick(80, 49);
  public static final int FCHOWN = pick(93, 55);
  public static final int UMASK = pick(95, 166);
  public static final int CHROOT = pick(161, 51);
  public static final int SETHOSTNAME = pick(170, 161);
  public static final int SETPGID = pick(109, 154);
  public static final int GETPID = pick(39, 172);
  public static final int GETTID = pick(186, 178);
  public static final int KILL = pick(62, 129);
  public static final int WAIT4 = pick(61, 260);
  public static final int PRCTL = pick(157, 167);
  public static final int CAPSET = pick(126, 91);
  public static final int SETGROUPS = pick(116, 159);
  public static final int SETRESUID = pick(117, 147);
  public static final int SETRESGID = pick(119, 149);
  public static final int MOUNT = pick(165, 40);
  public static final int UMOUNT2 = pick(166, 39);
  public static final int PIVOT_ROOT = pick(155, 41);
  public static final int SETNS = pick(308, 268);
  public static final int UNSHARE = pick(272, 97);
  public static final int LSETXATTR = pick(189, 6);
  public static final int LGETXATTR = pick(192, 9);
  public static final int OPENAT = pick(257, 56);
  public static final int MKDIRAT = pick(258, 34);
  public static final int SYMLINKAT = pick(266, 36);
  public static final int MKNODAT = pick(259, 33);
  public static final int FCHOWNAT = pick(260, 54);
  public static final int UNLINKAT = pick(263, 35);
  public static final int FACCESSAT = pick(269, 48);
  public static final int UTIMENSAT = pick(280, 88);
  public static final int EPOLL_CREATE1 = pick(291, 20);
  public static final int EPOLL_CTL = pick(233, 21);
  public static final int EPOLL_PWAIT = pick(281, 22);
  public static final int EVENTFD2 = pick(290, 19);
  public static final int INOTIFY_INIT1 = pick(294, 26);
  public static final int INOTIFY_ADD_WATCH = pick(254, 27);
  public static final int MEMFD_CREATE = pick(319, 279);
  public static final int DUP3 = pick(292, 24);
  public static final int PIPE2 = pick(293, 59);
  public static final int CLOSE_RANGE = pick(436, 436);
  public static final int OPEN_TREE = pick(428, 428);
  public static final int MOVE_MOUNT = pick(429, 429);
  public static final int MOUNT_SETATTR = pick(442, 442);
  public static final int PIDFD_OPEN = pick(434, 434);
  public static final int PIDFD_GETFD = pick(438, 438);
  public static final int PIDFD_SEND_SIGNAL = pick(424, 424);

  private Sys() {}

  private static int pick(int x86, int aarch64) {
    return X86_64 ? x86 : aarch64;
  }
}
