package dev.coracle.kubelet.internal.runtime;

import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A pod whose containers all begin anew, in the sandbox they have, because one of them exited as a
 * rule with the action {@code RestartAllContainers} says (KEP-5532). Read from the runtime alone:
 * the exit that asked for it stays there, and each container says for which turn it was made. That
 * it was made later than that exit says nothing: its start may have been on its way.
 *
 * @param since nanoseconds since the epoch of that exit; no restart: the beginning of time
 * @param ending whether something of the turn before still runs
 * @param underWay whether some container has no instance of the new turn yet
 */
public record RestartAll(long since, boolean ending, boolean underWay) {
  private static final RestartAll NONE = new RestartAll(Long.MIN_VALUE, false, false);

  public static RestartAll of(Pod pod, PodRuntimeStatus status) {
    if (!isPossible(pod)) {
      return NONE;
    }
    String sandbox = status.sandbox().map(SandboxState::id).orElse("");
    long since =
        status.containers().stream()
            .filter(c -> c.isExited() && isIn(sandbox, c) && asks(pod, c))
            .mapToLong(ContainerState::finishedAt)
            .max()
            .orElse(Long.MIN_VALUE);
    if (since == Long.MIN_VALUE) {
      return NONE;
    }
    boolean ending =
        specs(pod)
            .flatMap(c -> status.container(c.name()).stream())
            .anyMatch(c -> c.turn() < since && isAlive(c));
    boolean underWay =
        specs(pod)
            .anyMatch(c -> status.container(c.name()).filter(s -> s.turn() >= since).isEmpty());
    return new RestartAll(since, ending, underWay);
  }

  /** Whether a rule of the pod has this action at all. */
  public static boolean isPossible(Pod pod) {
    return specs(pod).anyMatch(RestartRules::mayRestartAll);
  }

  private static Stream<ContainerSpec> specs(Pod pod) {
    return Stream.concat(pod.initContainers().stream(), pod.containers().stream());
  }

  private static boolean asks(Pod pod, ContainerState c) {
    Optional<ContainerSpec> spec = pod.container(c.name());
    return spec.isPresent() && RestartRules.restartsAll(spec.get(), c.exitCode());
  }

  private static boolean isIn(String sandbox, ContainerState c) {
    return c.sandboxId().isEmpty() || c.sandboxId().equals(sandbox);
  }

  static boolean isAlive(ContainerState c) {
    return c.isRunning() || c.state() == ContainerState.State.UNKNOWN;
  }

  /** Whether it has ended with all others, and is to begin anew as they are. */
  public boolean awaits(ContainerState c) {
    return underWay && !ending && c.isExited() && !isOfThisTurn(c);
  }

  /** Whether it belongs to the turn that is now. */
  boolean isOfThisTurn(ContainerState c) {
    return c.turn() >= since;
  }
}
