package dev.coracle.criruntime.server;

import java.io.IOException;

/** The container's command could not be started: the container ends with reason StartError. */
public final class StartException extends IOException {
  private static final long serialVersionUID = 1L;

  public StartException(String message) {
    super(message);
  }

  public StartException(String message, Throwable cause) {
    super(message, cause);
  }

  public static StartException notInPath(String command) {
    return new StartException("exec: \"" + command + "\": executable file not found in $PATH");
  }

  public static StartException noSuchFile(String command) {
    return new StartException(
        "exec: \"" + command + "\": stat " + command + ": no such file or directory");
  }

  public static StartException denied(String command) {
    return new StartException("exec: \"" + command + "\": permission denied");
  }
}
