package dev.coracle.client.config;

import java.time.Duration;

/**
 * Upstream's three times. {@code leaseDuration} > {@code renewDeadline} > {@code retryPeriod}.
 *
 * @param identity unique among the candidates, such as host name and a random part
 * @param leaseDuration how long others wait, after the last renewal they saw, before they take over
 * @param renewDeadline how long the leader tries to renew before it steps down
 */
public record LeaderElectionOptions(
    String namespace,
    String lease,
    String identity,
    Duration leaseDuration,
    Duration renewDeadline,
    Duration retryPeriod) {

  public LeaderElectionOptions {
    if (leaseDuration.compareTo(renewDeadline) <= 0
        || renewDeadline.compareTo(retryPeriod.multipliedBy(6).dividedBy(5)) <= 0) {
      throw new IllegalArgumentException(
          "leader election needs leaseDuration > renewDeadline > 1.2 * retryPeriod");
    }
  }

  /** Upstream's defaults: 15, 10 and 2 seconds. */
  public static LeaderElectionOptions of(String namespace, String lease, String identity) {
    return new LeaderElectionOptions(
        namespace,
        lease,
        identity,
        Duration.ofSeconds(15),
        Duration.ofSeconds(10),
        Duration.ofSeconds(2));
  }
}
