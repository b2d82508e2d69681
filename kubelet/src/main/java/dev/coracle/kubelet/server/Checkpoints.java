package dev.coracle.kubelet.server;

import io.smallrye.mutiny.Uni;
import java.nio.file.Path;

/** Writes what a running container is into a file (KEP-2008). Must not block. */
@FunctionalInterface
public interface Checkpoints {
  /**
   * @param container running
   * @param timeoutSeconds 0 for the runtime's default
   * @return the archive; a failure's message reaches the client
   */
  Uni<Path> of(PodView pod, String name, ContainerView.Instance container, long timeoutSeconds);
}
