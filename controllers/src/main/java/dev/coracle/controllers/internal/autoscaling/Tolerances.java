package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;

/** By how much use may be off its target, downwards and upwards, before anything is done. */
record Tolerances(double down, double up) {

  /** {@code spec.behavior}'s (KEP-4951), else the ordinary one. */
  static Tolerances of(JsonNode behavior, double ordinary) {
    return new Tolerances(
        one(behavior.path("scaleDown"), ordinary), one(behavior.path("scaleUp"), ordinary));
  }

  private static double one(JsonNode rules, double ordinary) {
    Quantity set = Quantity.tryParse(rules.path("tolerance").asText(""));
    return set == null ? ordinary : set.value().doubleValue();
  }

  boolean holds(double ratio) {
    return 1 - down <= ratio && ratio <= 1 + up;
  }
}
