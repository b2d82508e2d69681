package dev.coracle.kubelet.server;

import java.util.List;
import java.util.Optional;

/**
 * A pod as the streaming endpoints need it.
 *
 * @param uid the Pod's uid
 * @param sandboxId CRI id of the ready sandbox, empty while there is none
 * @param containers init, ephemeral and ordinary containers of the spec, in any order
 */
public record PodView(
    String namespace,
    String name,
    String uid,
    Optional<String> sandboxId,
    List<ContainerView> containers) {
  public PodView {
    containers = List.copyOf(containers);
  }

  /** The container of this name, empty when the spec has none. */
  public Optional<ContainerView> container(String containerName) {
    return containers.stream().filter(c -> c.name().equals(containerName)).findFirst();
  }
}
