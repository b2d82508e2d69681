package dev.coracle.controllers.internal.disruption;

/** The size of a pod's owner cannot be told until something changes; the message says why. */
final class UncountedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UncountedException(String message) {
    super(message);
  }
}
