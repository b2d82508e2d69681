package dev.coracle.scheduler.config;

import java.time.Duration;
import java.util.List;

/**
 * @param profiles which pods are taken, and what decides about them; one at least, each with a name
 *     of its own
 * @param initialBackoff before a pod that failed is tried again, doubling up to {@code maxBackoff}
 * @param bindTimeout how long a pod waits for its volumes before it is tried again
 * @param unschedulableFlush pods whose events may have been missed are tried again after this
 */
public record SchedulerOptions(
    List<Profile> profiles,
    Duration initialBackoff,
    Duration maxBackoff,
    Duration bindTimeout,
    Duration unschedulableFlush) {

  /** Upstream's defaults. */
  public static final SchedulerOptions DEFAULT =
      new SchedulerOptions(
          List.of(Profile.DEFAULT),
          Duration.ofSeconds(1),
          Duration.ofSeconds(10),
          Duration.ofMinutes(10),
          Duration.ofMinutes(5));

  public SchedulerOptions {
    profiles = List.copyOf(profiles);
  }
}
