package dev.coracle.kubelet.internal.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.kubelet.config.EvictionSignal.Condition;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.internal.device.DeviceManager;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** What the parts of the kubelet know of the node, and its status by that. Safe for any thread. */
final class NodeState {
  private final KubeletOptions options;
  private final Machine machine;
  private final SwapSpace swap;
  private final Allocatable allocatable;
  private final NodeRuntime runtime;
  private final Supplier<Optional<String>> problem;
  private final Clock clock;
  private volatile int port;
  private volatile Optional<String> leaving = Optional.empty();
  private volatile Set<Condition> pressures = Set.of();
  private volatile Supplier<Map<String, DeviceManager.Count>> devices = Map::of;
  private volatile Supplier<List<String>> volumesInUse = List::of;

  NodeState(
      KubeletOptions options,
      Machine machine,
      SwapSpace swap,
      NodeRuntime runtime,
      Supplier<Optional<String>> problem,
      Clock clock) {
    this.options = options;
    this.machine = machine;
    this.swap = swap;
    this.allocatable = new Allocatable(machine, options.configuration());
    this.runtime = runtime;
    this.problem = problem;
    this.clock = clock;
  }

  void port(int kubeletPort) {
    port = kubeletPort;
  }

  void devices(Supplier<Map<String, DeviceManager.Count>> counts) {
    devices = counts;
  }

  /** The extended resources that device plugins offer. */
  Set<String> deviceResources() {
    return devices.get().keySet();
  }

  void volumesInUse(Supplier<List<String>> names) {
    volumesInUse = names;
  }

  /** Answers whether that is news. */
  boolean pressure(Set<Condition> found) {
    boolean news = !found.equals(pressures);
    pressures = Set.copyOf(found);
    return news;
  }

  /** Why the node is on its way out; empty when it is not. */
  Optional<String> leaving() {
    return leaving;
  }

  void leaving(Optional<String> why) {
    leaving = why;
  }

  /** Name and version of who runs containers. */
  String runtime() {
    return runtime.version().getRuntimeName() + " " + runtime.version().getRuntimeVersion();
  }

  Allocatable allocatable() {
    return allocatable;
  }

  long disk() {
    // Not by a FileStore, which reads the whole table of mounts: long on a node with many pods.
    return options.rootDir().toFile().getTotalSpace();
  }

  /**
   * @param old the status before
   * @param shown the status that the API has
   */
  ObjectNode status(JsonNode old, JsonNode shown) {
    Optional<String> notReady =
        leaving
            .or(problem)
            .or(() ->
                runtime.networkProblem().map(n -> "container runtime network not ready: " + n));
    return NodeStatus.of(
        new NodeStatus.Facts(
            options,
            machine,
            swap,
            allocatable,
            disk(),
            port,
            runtime.version(),
            runtime.images(),
            notReady,
            pressures,
            runtime.handlers(),
            runtime.strictGroups(),
            devices.get(),
            volumesInUse.get()),
        old,
        shown,
        clock.instant());
  }
}
