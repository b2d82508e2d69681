package dev.coracle.kubelet.config;

import java.time.Duration;

/**
 * Nodes that are only pretended. Annotations of a pod overrule for it what stands here, see {@link
 * dev.coracle.kubelet.SimulatedNodes}.
 *
 * @param nodes how many; 0 for none
 * @param cpus what each node offers
 * @param memoryBytes likewise
 * @param maxPods likewise
 * @param startDelay how long a sandbox takes to come up
 * @param startJitter up to so much longer, evenly spread
 * @param stopDelay how long a container takes to end when asked to
 * @param failures the share of container starts that fail, 0 to 1
 * @param heartbeat how often each node's Lease is renewed
 */
public record SimulationOptions(
    int nodes,
    int cpus,
    long memoryBytes,
    int maxPods,
    Duration startDelay,
    Duration startJitter,
    Duration stopDelay,
    double failures,
    Duration heartbeat) {

  public static final int MAX_NODES = 10_000;

  public static final SimulationOptions NONE = of(0);

  public SimulationOptions {
    if (nodes < 0 || nodes > MAX_NODES) {
      throw new IllegalArgumentException("simulated nodes: 0 to " + MAX_NODES);
    }
    if (failures < 0 || failures > 1) {
      throw new IllegalArgumentException("the share of failures: 0 to 1");
    }
  }

  /** So many nodes of 32 processors and 256 GiB, on which everything succeeds at once. */
  public static SimulationOptions of(int nodes) {
    return new SimulationOptions(
        nodes,
        32,
        256L << 30,
        110,
        Duration.ZERO,
        Duration.ZERO,
        Duration.ZERO,
        0,
        Duration.ofSeconds(10));
  }

  public SimulationOptions withDelays(Duration start, Duration jitter, Duration stop) {
    return new SimulationOptions(
        nodes, cpus, memoryBytes, maxPods, start, jitter, stop, failures, heartbeat);
  }

  public SimulationOptions withFailures(double share) {
    return new SimulationOptions(
        nodes, cpus, memoryBytes, maxPods, startDelay, startJitter, stopDelay, share, heartbeat);
  }

  public SimulationOptions withHeartbeat(Duration every) {
    return new SimulationOptions(
        nodes, cpus, memoryBytes, maxPods, startDelay, startJitter, stopDelay, failures, every);
  }
}
