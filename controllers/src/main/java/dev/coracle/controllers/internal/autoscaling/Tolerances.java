package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;

/** By how much use may be off its target, downwards and upwards, before anything is done. */
record Tolerances(double down, double up) {

  private static final double ORDINARY = 0.1;

  /** {@code spec.behavior}'s, else a tenth (KEP-4951). */
  static Tolerances of(JsonNode behavior) {
    return new Tolerances(one(behavior.path("scaleDown")), one(behavior.path("scaleUp")));
  }

  private static double one(JsonNode rules) {
    Quantity set = Quantity.tryParse(rules.path("tolerance").asText(""));
    return set == null ? ORDINARY : set.value().doubleValue();
  }

  boolean holds(double ratio) {
    return 1 - down <= ratio && ratio <= 1 + up;
  }
}
