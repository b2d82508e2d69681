package dev.coracle.launcher;

import dev.coracle.cridocker.DockerRuntime;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the node's containers are to be run by, as {@code --container-runtime-endpoint} says. */
sealed interface RuntimeEndpoint {

  String DOCKER = "docker://";
  String UNIX = "unix://";

  /** The runtime of this process, which is taken when nothing is said. */
  record BuiltIn() implements RuntimeEndpoint {}

  /** A Docker daemon, behind the shim of this process. */
  record Docker(Path socket) implements RuntimeEndpoint {}

  /** A server of CRI, which has its own network for pods. */
  record Cri(Path socket) implements RuntimeEndpoint {}

  /**
   * A path, with {@code unix://} or {@code docker://} before it or not. Whether a daemon of Docker
   * listens at a socket is found out by asking it, unless it is said.
   *
   * @throws UserErrorException there is no such socket
   */
  static RuntimeEndpoint of(String option) {
    if (option.isEmpty()) {
      return new BuiltIn();
    }
    boolean docker = option.startsWith(DOCKER);
    Path path =
        Path.of(
            docker
                ? option.substring(DOCKER.length())
                : option.startsWith(UNIX) ? option.substring(UNIX.length()) : option);
    if (!Files.exists(path)) {
      throw new UserErrorException(
          "there is no socket "
              + path
              + "; start the container runtime, or leave --container-runtime-endpoint out to use"
              + " the built-in one");
    }
    return docker || DockerRuntime.answersAt(path) ? new Docker(path) : new Cri(path);
  }

  /** Whether pods are connected by this process, and not by the runtime. */
  default boolean connectsPods() {
    return switch (this) {
      case BuiltIn b -> true;
      case Docker d -> true;
      case Cri c -> false;
    };
  }
}
