package dev.coracle.coredns.internal.corefile;

/** A Corefile that cannot be read; the message says in which line and why. */
public final class CorefileException extends Exception {
  private static final long serialVersionUID = 1L;

  CorefileException(int line, String why) {
    super("Corefile:" + line + ": " + why);
  }
}
