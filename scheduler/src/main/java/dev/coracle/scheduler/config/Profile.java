package dev.coracle.scheduler.config;

/**
 * How the pods of one {@code spec.schedulerName} are decided on.
 *
 * @param percentageOfNodesToScore of how many nodes that fit the best is taken; 0 leaves it to the
 *     size of the cluster
 * @param plugins which work at which extension point, and what their scores weigh
 * @param fit how NodeResourcesFit scores
 * @param hardPodAffinityWeight what a required affinity of a pod already there is worth to one that
 *     it picks
 * @param ignorePreferredTermsOfExistingPods whether the wishes of pods already there do not count
 */
public record Profile(
    String schedulerName,
    int percentageOfNodesToScore,
    PluginChoice plugins,
    ScoringStrategy fit,
    int hardPodAffinityWeight,
    boolean ignorePreferredTermsOfExistingPods) {

  /** Upstream's. */
  public static final Profile DEFAULT =
      new Profile("default-scheduler", 0, PluginChoice.DEFAULT, ScoringStrategy.DEFAULT, 1, false);
}
