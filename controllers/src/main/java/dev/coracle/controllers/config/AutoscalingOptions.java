package dev.coracle.controllers.config;

import java.time.Duration;

/**
 * How HorizontalPodAutoscalers measure and resize, under kube-controller-manager's names.
 *
 * @param syncPeriod how often each is looked at
 * @param downscaleStabilization a target does not get smaller than the largest size that was
 *     proposed within this time, where its {@code behavior} names none
 * @param tolerance by how much use may be off its target before anything is done, likewise
 * @param cpuInitializationPeriod after its start a pod's CPU counts only of when it was ready
 * @param initialReadinessDelay a pod that was never ready for so long after its start is starting
 */
public record AutoscalingOptions(
    Duration syncPeriod,
    Duration downscaleStabilization,
    double tolerance,
    Duration cpuInitializationPeriod,
    Duration initialReadinessDelay) {

  /** Upstream's. */
  public static final AutoscalingOptions DEFAULT =
      new AutoscalingOptions(
          Duration.ofSeconds(15),
          Duration.ofMinutes(5),
          0.1,
          Duration.ofMinutes(5),
          Duration.ofSeconds(30));
}
