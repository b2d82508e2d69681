package dev.coracle.criruntime.internal.linux;

import java.io.IOException;

/** A system call that failed: what was tried, and the kernel's error number. */
public final class PosixException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  public PosixException(String what, int errno) {
    super(what + ": " + Errno.message(errno));
    this.errno = errno;
  }

  public int errno() {
    return errno;
  }
}
