package dev.coracle.kubelet.internal.node;

import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.EvictionSignal;
import dev.coracle.kubelet.config.EvictionThreshold;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.NodeReservations;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * What of the machine pods may have (Kubernetes docs, "Node Allocatable"). The scheduler is told
 * less than the kernel: what eviction keeps free can be used until the kubelet has evicted. Pure.
 */
public final class Allocatable {
  private final Machine machine;
  private final NodeReservations reserved;
  private final KubeletConfiguration configuration;

  public Allocatable(Machine machine, KubeletConfiguration configuration) {
    this.machine = machine;
    this.reserved = configuration.reservations();
    this.configuration = configuration;
  }

  public Quantity cpu() {
    return left(Quantity.of(machine.cpus()), reserved.of("cpu"));
  }

  public Quantity memory() {
    return left(
        left(Quantity.ofBytes(machine.memoryBytes()), memoryReservation()),
        Quantity.ofBytes(machine.hugeBytes()));
  }

  /**
   * @param bytes of the file system pods write to
   */
  public Quantity disk(long bytes) {
    return left(Quantity.ofBytes(bytes), diskReservation(bytes));
  }

  /**
   * What all pods together are held to by the kernel, where that is asked for.
   *
   * @param pids that the machine has; empty when that is unknown
   */
  public Map<String, Quantity> enforced(OptionalLong pids) {
    Map<String, Quantity> out = capacity(pids);
    out.replaceAll((resource, amount) -> left(amount, reserved.of(resource)));
    out.computeIfPresent("memory", (_, m) -> left(m, Quantity.ofBytes(machine.hugeBytes())));
    return out;
  }

  /** What the machine has of what a cgroup can limit. */
  public Map<String, Quantity> capacity(OptionalLong pids) {
    Map<String, Quantity> out = new TreeMap<>();
    out.put("cpu", Quantity.of(machine.cpus()));
    out.put("memory", Quantity.ofBytes(machine.memoryBytes()));
    machine.hugePages().forEach((resource, bytes) -> out.put(resource, Quantity.ofBytes(bytes)));
    pids.ifPresent(most -> out.put("pid", Quantity.of(most)));
    return out;
  }

  /** Why there cannot be a node with these reservations, in upstream's words. */
  public Optional<String> impossible(long diskBytes) {
    StringJoiner errors = new StringJoiner(" ");
    check(errors, "cpu", reserved.of("cpu"), Quantity.of(machine.cpus()));
    check(errors, "memory", memoryReservation(), Quantity.ofBytes(machine.memoryBytes()));
    check(errors, "ephemeral-storage", diskReservation(diskBytes), Quantity.ofBytes(diskBytes));
    return errors.length() == 0
        ? Optional.empty()
        : Optional.of("invalid Node Allocatable configuration. " + errors);
  }

  private static void check(
      StringJoiner errors, String resource, Quantity reservation, Quantity capacity) {
    if (reservation.compareTo(capacity) > 0) {
      errors.add(
          "Resource \""
              + resource
              + "\" has a reservation of "
              + reservation
              + " but capacity of "
              + capacity
              + ". Expected capacity >= reservation.");
    }
  }

  /** What is kept of the memory: for Kubernetes, for the system, and by eviction. */
  public Quantity memoryReservation() {
    return reserved.of("memory").plus(kept(EvictionSignal.MEMORY_AVAILABLE, machine.memoryBytes()));
  }

  private Quantity diskReservation(long bytes) {
    return reserved.of("ephemeral-storage").plus(kept(EvictionSignal.NODEFS_AVAILABLE, bytes));
  }

  /** What eviction keeps free. */
  private Quantity kept(EvictionSignal signal, long capacity) {
    return configuration.eviction().thresholds().stream()
        .filter(t -> t.isHard() && t.signal() == signal)
        .map(t -> Quantity.ofBytes(t.quantity(new EvictionThreshold.Observation(0, capacity))))
        .findFirst()
        .orElse(Quantity.ZERO);
  }

  private static Quantity left(Quantity capacity, Quantity taken) {
    Quantity rest = capacity.minus(taken);
    return rest.signum() < 0 ? Quantity.ZERO : rest;
  }
}
