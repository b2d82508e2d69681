package dev.coracle.controllers.config;

import java.time.Duration;

/**
 * When nodes count as lost and how fast they are given up, under kube-controller-manager's names.
 *
 * @param monitorGracePeriod after this without a renewed Lease a node is {@code Unknown}
 * @param startupGracePeriod the same for a node that has never told its status
 * @param evictionRate nodes a second of a zone whose pods are evicted; 0: none
 * @param secondaryEvictionRate the same where too many of a large zone are not ready; a small one
 *     then waits
 * @param unhealthyZoneThreshold which share of a zone's nodes, of more than two, is too many
 * @param largeClusterSizeThreshold how many nodes a large zone has more than
 */
public record NodeLifecycleOptions(
    Duration monitorGracePeriod,
    Duration startupGracePeriod,
    double evictionRate,
    double secondaryEvictionRate,
    double unhealthyZoneThreshold,
    int largeClusterSizeThreshold) {

  /** Upstream's. */
  public static final NodeLifecycleOptions DEFAULT =
      new NodeLifecycleOptions(Duration.ofSeconds(50), Duration.ofMinutes(1), 0.1, 0.01, 0.55, 50);
}
