package dev.coracle.kubelet.server.internal.spdy;

/** The peer broke the protocol; the session can't go on. */
public final class SpdyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SpdyException(String message) {
    super(message);
  }
}
