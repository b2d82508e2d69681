package dev.coracle.kubelet.server.internal.stream;

/** Channel numbers of the remote command and port-forward protocols. */
public final class Channels {
  public static final int STDIN = 0;
  public static final int STDOUT = 1;
  public static final int STDERR = 2;

  /** Carries one Status at the end. */
  public static final int ERROR = 3;

  /** Carries {@code {"Width":…,"Height":…}}. */
  public static final int RESIZE = 4;

  /** Channel of the v5 signal whose payload is the number of the channel that ends. */
  static final int CLOSE_SIGNAL = 255;

  /** Port-forward: the connection's bytes. */
  public static final int DATA = 0;

  /** Port-forward: text of what went wrong. */
  public static final int FORWARD_ERROR = 1;

  private Channels() {}
}
