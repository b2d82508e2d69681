package dev.coracle.scheduler.config;

/**
 * On how many of the nodes that may be made free it is tried out whom to preempt ({@code
 * DefaultPreemptionArgs}).
 *
 * @param percentage of the nodes
 * @param absolute so many at least
 */
public record PreemptionLimits(int percentage, int absolute) {

  /** Upstream's. */
  public static final PreemptionLimits DEFAULT = new PreemptionLimits(10, 100);

  public int enough(int nodes) {
    return Math.min(nodes, Math.max(absolute, (int) ((long) nodes * percentage / 100)));
  }
}
