package dev.coracle.cridocker.internal.engine;

import java.io.IOException;

/** The engine refused a call, or did not answer it; the message is the engine's own. */
public final class EngineException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The status of a call that had no answer at all. */
  static final int NO_ANSWER = 0;

  private final int status;

  EngineException(int status, String message) {
    super(message);
    this.status = status;
  }

  EngineException(String message, Throwable cause) {
    super(message, cause);
    this.status = NO_ANSWER;
  }

  /** HTTP's status. */
  public int status() {
    return status;
  }

  public boolean isNotFound() {
    return status == 404;
  }

  public boolean isConflict() {
    return status == 409;
  }
}
