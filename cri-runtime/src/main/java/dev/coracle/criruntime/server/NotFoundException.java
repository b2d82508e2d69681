package dev.coracle.criruntime.server;

/** There is no such sandbox, container or image. */
public final class NotFoundException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NotFoundException(String message) {
    super(message);
  }
}
