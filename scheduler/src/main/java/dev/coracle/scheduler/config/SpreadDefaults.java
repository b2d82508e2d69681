package dev.coracle.scheduler.config;

import java.util.List;

/**
 * How pods are spread that do not say it themselves ({@code PodTopologySpreadArgs}): together with
 * the other pods of their controller or of the Services before them.
 *
 * @param system whether they are Kubernetes' own, for which nodes without the keys count too
 */
public record SpreadDefaults(boolean system, List<Constraint> constraints) {

  /**
   * @param hard whether a node that breaks it is none, or only worse
   */
  public record Constraint(String topologyKey, int maxSkew, boolean hard) {}

  /** Upstream's. */
  public static final SpreadDefaults SYSTEM =
      new SpreadDefaults(
          true,
          List.of(
              new Constraint("kubernetes.io/hostname", 3, false),
              new Constraint("topology.kubernetes.io/zone", 5, false)));

  public SpreadDefaults {
    constraints = List.copyOf(constraints);
  }
}
