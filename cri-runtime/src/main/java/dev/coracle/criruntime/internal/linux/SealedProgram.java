package dev.coracle.criruntime.internal.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A program's bytes in memory that nobody can change any more, to be started from there. crun and
 * runc guard themselves against containers that overwrite them (CVE-2019-5736): they copy
 * themselves into such a memory and start again from it, at each of their starts. Started from one,
 * they need not.
 */
public final class SealedProgram {
  private static final int ADD_SEALS = 1033;

  /** No more seals, no shrinking, no growing, no writing: the set the runtimes look for. */
  private static final int SEALS = 1 | 2 | 4 | 8;

  private SealedProgram() {}

  /**
   * The path under which processes of this PID namespace can start the program as long as this
   * process lives; the descriptor behind it stays open until then. The program's own path where the
   * kernel does not offer this.
   */
  public static Path of(Path program) {
    int fd = -1;
    try {
      fd = MemoryFile.of(String.valueOf(program.getFileName()), Files.readAllBytes(program));
      Native.check("seal", Sys.FCNTL, fd, ADD_SEALS, SEALS);
      return MemoryFile.path(fd);
    } catch (IOException e) {
      Fd.close(fd);
      return program;
    }
  }
}
