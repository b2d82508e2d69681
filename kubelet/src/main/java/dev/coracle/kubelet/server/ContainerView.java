package dev.coracle.kubelet.server;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A container of a pod's spec with its latest instances.
 *
 * @param current the instance that runs or ran last, empty while none was created
 * @param previous the terminated instance before {@code current}, for {@code logs --previous}
 * @param waitingReason why there is no current instance (ContainerCreating, ImagePullBackOff, ...),
 *     empty when there is one
 * @param tty whether the container's spec has a terminal
 * @param stdin whether the container's spec has stdin open
 */
public record ContainerView(
    String name,
    Optional<Instance> current,
    Optional<Instance> previous,
    Optional<String> waitingReason,
    boolean tty,
    boolean stdin) {

  /**
   * One container of the runtime.
   *
   * @param containerId CRI id, without scheme
   * @param logPath absolute path of the CRI log file now being written
   * @param running whether it runs as far as the kubelet knows
   */
  public record Instance(String containerId, Path logPath, boolean running) {}
}
