package dev.coracle.criruntime.internal.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** A pseudo terminal of the host: the master end stays here, the slave end goes to a child. */
public record Pty(int master, int slave, String slavePath) {
  private static final long TIOCSPTLCK = 0x40045431L;
  private static final long TIOCGPTN = 0x80045430L;
  private static final long TIOCSWINSZ = 0x5414;

  public static Pty open() throws PosixException {
    int master = Fd.open(Path.of("/dev/ptmx"), Fd.O_RDWR | Fd.O_NOCTTY);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment number = arena.allocate(8);
      Native.check("unlockpt", Sys.IOCTL, master, TIOCSPTLCK, number.address());
      Native.check("ptsname", Sys.IOCTL, master, TIOCGPTN, number.address());
      String path = "/dev/pts/" + number.get(JAVA_INT, 0);
      int slave = Fd.open(Path.of(path), Fd.O_RDWR | Fd.O_NOCTTY);
      return new Pty(master, slave, path);
    } catch (PosixException e) {
      Fd.close(master);
      throw e;
    }
  }

  /** Tells the terminal its size in characters; its foreground processes get SIGWINCH. */
  public static void resize(int master, int width, int height) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(8);
      size.set(JAVA_SHORT, 0, (short) height);
      size.set(JAVA_SHORT, 2, (short) width);
      Native.call(Sys.IOCTL, master, TIOCSWINSZ, size.address());
    }
  }
}
