package dev.coracle.kubelet.internal.runtime;

import java.time.Duration;
import java.util.Optional;

/** A container could not be started: what its waiting state says, and when to try again. */
final class StartException extends Exception {
  private static final long serialVersionUID = 1L;
  private final String reason;
  private final transient Optional<Duration> retryAfter;

  StartException(String reason, String message, Optional<Duration> retryAfter) {
    super(message, null, false, false);
    this.reason = reason;
    this.retryAfter = retryAfter;
  }

  String reason() {
    return reason;
  }

  Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
