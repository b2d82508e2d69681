package dev.coracle.scheduler.config;

/**
 * How the pods of one {@code spec.schedulerName} are decided on.
 *
 * @param percentageOfNodesToScore of how many nodes that fit the best is taken; 0 leaves it to the
 *     size of the cluster
 * @param plugins which work at which extension point, and what their scores weigh
 * @param arguments what the plugins are told
 */
public record Profile(
    String schedulerName,
    int percentageOfNodesToScore,
    PluginChoice plugins,
    PluginArguments arguments) {

  /** Upstream's. */
  public static final Profile DEFAULT =
      new Profile("default-scheduler", 0, PluginChoice.DEFAULT, PluginArguments.DEFAULT);
}
