package dev.coracle.kubelet.internal.runtime;

import java.util.List;
import java.util.Optional;

/**
 * What the runtime has of one pod.
 *
 * @param sandboxes newest first
 * @param containers newest first
 * @param readAt nanoseconds since the epoch, taken before reading: everything that happened before
 *     is in here
 */
public record PodRuntimeStatus(
    List<SandboxState> sandboxes, List<ContainerState> containers, long readAt) {
  public static final PodRuntimeStatus NOTHING = new PodRuntimeStatus(List.of(), List.of(), 0);

  public PodRuntimeStatus {
    sandboxes = List.copyOf(sandboxes);
    containers = List.copyOf(containers);
  }

  /** The newest container of this name. */
  public Optional<ContainerState> container(String name) {
    return containers.stream().filter(c -> c.name().equals(name)).findFirst();
  }

  public Optional<ContainerState> byId(String id) {
    return containers.stream().filter(c -> c.id().equals(id)).findFirst();
  }

  /** Whether a container or sandbox of this id is known. */
  public boolean has(String id) {
    return byId(id).isPresent() || sandboxes.stream().anyMatch(s -> s.id().equals(id));
  }

  public Optional<SandboxState> sandbox() {
    return sandboxes.isEmpty() ? Optional.empty() : Optional.of(sandboxes.getFirst());
  }

  public Optional<SandboxState> readySandbox() {
    return sandboxes.stream().filter(SandboxState::ready).findFirst();
  }

  public List<String> ips() {
    return sandbox().filter(SandboxState::ready).map(SandboxState::ips).orElse(List.of());
  }

  public boolean anythingRunning() {
    return containers.stream()
        .anyMatch(c -> c.isRunning() || c.state() == ContainerState.State.UNKNOWN);
  }
}
