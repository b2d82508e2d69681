package dev.coracle.controllers.internal.autoscaling;

import dev.coracle.api.KubeObject;
import dev.coracle.controllers.config.AutoscalingOptions;
import java.time.Instant;
import java.util.List;

/**
 * What the metrics of an autoscaler are held against.
 *
 * @param size that the target is to have
 * @param running how many pods it has
 */
record Round(
    KubeObject scaler,
    int size,
    int running,
    List<KubeObject> pods,
    AutoscalingOptions options,
    Tolerances tolerances,
    Instant now) {

  static Round of(
      KubeObject scaler,
      KubeObject scale,
      List<KubeObject> pods,
      AutoscalingOptions options,
      Instant now) {
    return new Round(
        scaler,
        scale.at("spec", "replicas").asInt(0),
        scale.at("status", "replicas").asInt(0),
        pods,
        options,
        Tolerances.of(scaler.at("spec", "behavior"), options.tolerance()),
        now);
  }
}
