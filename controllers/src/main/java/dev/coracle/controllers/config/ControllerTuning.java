package dev.coracle.controllers.config;

import java.time.Duration;
import java.util.List;

/**
 * What a user may choose of the controllers, as by kube-controller-manager's flags.
 *
 * @param controllers which run: {@code *} for all, a name for one, {@code -} and a name for all but
 *     that one; the first that speaks of a controller decides
 * @param terminatedPodThreshold more finished pods than this are cleared away, the oldest first; 0:
 *     none is
 * @param maxEndpointsPerSlice of the EndpointSlices of Services with a selector
 * @param maxMirroredPerSubset endpoints of one subset of hand-written Endpoints that are mirrored
 * @param signingDuration how long what the cluster signs is valid at most
 * @param legacyTokenPeriod how long a generated token in a Secret may be unused until it is not
 *     valid, and how long its Secret stays then
 */
public record ControllerTuning(
    List<String> controllers,
    NodeLifecycleOptions nodes,
    AutoscalingOptions autoscaling,
    int terminatedPodThreshold,
    int maxEndpointsPerSlice,
    int maxMirroredPerSubset,
    Duration signingDuration,
    Duration legacyTokenPeriod) {

  private static final String ALL = "*";

  /** Upstream's. */
  public static final ControllerTuning DEFAULT =
      new ControllerTuning(
          List.of(ALL),
          NodeLifecycleOptions.DEFAULT,
          AutoscalingOptions.DEFAULT,
          12_500,
          100,
          1_000,
          Duration.ofHours(8760),
          Duration.ofHours(8760));

  public ControllerTuning {
    controllers = List.copyOf(controllers);
  }

  /** Whether the controller of this name is to run. */
  public boolean runs(String name) {
    for (String chosen : controllers) {
      if (chosen.equals(name)) {
        return true;
      }
      if (chosen.equals("-" + name)) {
        return false;
      }
    }
    return controllers.contains(ALL);
  }

  public ControllerTuning withControllers(List<String> chosen) {
    return new ControllerTuning(
        chosen,
        nodes,
        autoscaling,
        terminatedPodThreshold,
        maxEndpointsPerSlice,
        maxMirroredPerSubset,
        signingDuration,
        legacyTokenPeriod);
  }

  public ControllerTuning withNodes(NodeLifecycleOptions options) {
    return new ControllerTuning(
        controllers,
        options,
        autoscaling,
        terminatedPodThreshold,
        maxEndpointsPerSlice,
        maxMirroredPerSubset,
        signingDuration,
        legacyTokenPeriod);
  }

  public ControllerTuning withAutoscaling(AutoscalingOptions options) {
    return new ControllerTuning(
        controllers,
        nodes,
        options,
        terminatedPodThreshold,
        maxEndpointsPerSlice,
        maxMirroredPerSubset,
        signingDuration,
        legacyTokenPeriod);
  }

  public ControllerTuning withMaxEndpoints(int perSlice, int mirroredPerSubset) {
    return new ControllerTuning(
        controllers,
        nodes,
        autoscaling,
        terminatedPodThreshold,
        perSlice,
        mirroredPerSubset,
        signingDuration,
        legacyTokenPeriod);
  }

  public ControllerTuning withTerminatedPodThreshold(int most) {
    return new ControllerTuning(
        controllers,
        nodes,
        autoscaling,
        most,
        maxEndpointsPerSlice,
        maxMirroredPerSubset,
        signingDuration,
        legacyTokenPeriod);
  }

  public ControllerTuning withSigningDuration(Duration longest) {
    return new ControllerTuning(
        controllers,
        nodes,
        autoscaling,
        terminatedPodThreshold,
        maxEndpointsPerSlice,
        maxMirroredPerSubset,
        longest,
        legacyTokenPeriod);
  }

  public ControllerTuning withLegacyTokenPeriod(Duration period) {
    return new ControllerTuning(
        controllers,
        nodes,
        autoscaling,
        terminatedPodThreshold,
        maxEndpointsPerSlice,
        maxMirroredPerSubset,
        signingDuration,
        period);
  }
}
