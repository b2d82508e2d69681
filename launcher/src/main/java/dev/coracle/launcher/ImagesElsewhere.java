package dev.coracle.launcher;

import java.nio.file.Path;
import java.util.Optional;

/** The images that pods of a running cluster get are not always in its data directory. */
public final class ImagesElsewhere {

  private ImagesElsewhere() {}

  /**
   * @throws UserErrorException the cluster that runs in this directory has its images from another
   *     runtime; the message says which, and what to use
   */
  public static void refuse(Path dataDir) {
    String endpoint =
        ProcessState.read(dataDir)
            .filter(_ -> DataDirectory.isInUse(dataDir))
            .map(ProcessState::runtimeEndpoint)
            .orElse("");
    if (!endpoint.isEmpty()) {
      throw new UserErrorException(
          "the cluster in "
              + dataDir
              + " runs its containers by "
              + endpoint
              + ", whose images 'coracle image' does not know; use "
              + tools(endpoint));
    }
  }

  private static String tools(String endpoint) {
    Optional<RuntimeEndpoint> known;
    try {
      known = Optional.of(RuntimeEndpoint.of(endpoint));
    } catch (UserErrorException e) {
      known = Optional.empty(); // It has gone meanwhile.
    }
    return known.filter(e -> e instanceof RuntimeEndpoint.Docker).isPresent()
        ? "'docker load -i ARCHIVE', 'docker images' and 'docker rmi'"
        : "that runtime's own tool (containerd: 'ctr -n k8s.io images import ARCHIVE')";
  }
}
