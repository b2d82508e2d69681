package dev.coracle.controllers.internal.nodeipam;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * How much of one of the cluster's pod ranges nodes have, under upstream's names. Written on the
 * controllers' context; read from any thread.
 */
final class RangeMetrics {

  private static final String PREFIX = "node_ipam_controller_";

  private final Counter given;
  private final Counter released;
  private final DistributionSummary tries;
  private final int parts;
  private volatile int used;

  RangeMetrics(MeterRegistry registry, String cidr, int parts) {
    this.parts = parts;
    this.given =
        Counter.builder(PREFIX + "cidrset_cidrs_allocations_total")
            .description("Ranges given to nodes")
            .tag("clusterCIDR", cidr)
            .register(registry);
    this.released =
        Counter.builder(PREFIX + "cidrset_cidrs_releases_total")
            .description("Ranges taken back from nodes")
            .tag("clusterCIDR", cidr)
            .register(registry);
    this.tries =
        DistributionSummary.builder(PREFIX + "cidrset_allocation_tries_per_request")
            .description("Ranges that were looked at until a free one was found")
            .tag("clusterCIDR", cidr)
            .serviceLevelObjectives(1, 5, 25, 125, 625)
            .register(registry);
    Gauge.builder(PREFIX + "cidrset_usage_cidrs", this, m -> (double) m.used / m.parts)
        .description("The share of the ranges that nodes have")
        .tag("clusterCIDR", cidr)
        .strongReference(true)
        .register(registry);
    Gauge.builder(PREFIX + "cirdset_max_cidrs", this, m -> m.parts) // So spelt upstream.
        .description("Ranges that there are")
        .tag("clusterCIDR", cidr)
        .strongReference(true)
        .register(registry);
  }

  /** A free one was found. */
  void found(int looked) {
    tries.record(looked);
  }

  /**
   * @param now how many are in use
   */
  void uses(int now) {
    if (now > used) {
      given.increment(now - used);
    } else if (now < used) {
      released.increment(used - now);
    }
    used = now;
  }
}
