package dev.coracle.scheduler.config;

import java.util.List;
import java.util.Map;

/**
 * Which nodes are better by what is taken of them ({@code NodeResourcesFitArgs.scoringStrategy}).
 *
 * @param weights of the resources that count, by name
 * @param shape of {@code RequestedToCapacityRatio}, by rising utilization; empty for the others
 */
public record ScoringStrategy(Type type, Map<String, Integer> weights, List<Point> shape) {

  /** Under upstream's names. */
  public enum Type {
    /** The more is left the better. */
    LEAST_ALLOCATED("LeastAllocated"),
    /** The less is left the better: pods are packed. */
    MOST_ALLOCATED("MostAllocated"),
    REQUESTED_TO_CAPACITY_RATIO("RequestedToCapacityRatio");

    private final String said;

    Type(String said) {
      this.said = said;
    }

    public String said() {
      return said;
    }
  }

  /**
   * @param utilization from 0 to 100
   * @param score from 0 to 10
   */
  public record Point(int utilization, int score) {}

  /** Upstream's. */
  public static final ScoringStrategy DEFAULT =
      new ScoringStrategy(Type.LEAST_ALLOCATED, Map.of("cpu", 1, "memory", 1), List.of());

  public ScoringStrategy {
    weights = Map.copyOf(weights);
    shape = List.copyOf(shape);
  }
}
