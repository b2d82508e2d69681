package dev.coracle.scheduler.config;

import java.time.Duration;

/**
 * @param schedulerName which pods it takes, by their {@code spec.schedulerName}
 * @param initialBackoff before a pod that failed is tried again, doubling up to {@code maxBackoff}
 * @param bindTimeout how long a pod waits for its volumes before it is tried again
 * @param unschedulableFlush pods whose events may have been missed are tried again after this
 */
public record SchedulerOptions(
    String schedulerName,
    Duration initialBackoff,
    Duration maxBackoff,
    Duration bindTimeout,
    Duration unschedulableFlush) {

  /** Upstream's defaults. */
  public static final SchedulerOptions DEFAULT =
      new SchedulerOptions(
          "default-scheduler",
          Duration.ofSeconds(1),
          Duration.ofSeconds(10),
          Duration.ofMinutes(10),
          Duration.ofMinutes(5));
}
