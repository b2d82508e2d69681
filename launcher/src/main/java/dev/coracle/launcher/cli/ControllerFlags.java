package dev.coracle.launcher.cli;

import dev.coracle.api.GoDuration;
import dev.coracle.controllers.ControllerManager;
import dev.coracle.controllers.config.AutoscalingOptions;
import dev.coracle.controllers.config.ControllerTuning;
import dev.coracle.controllers.config.NodeLifecycleOptions;
import dev.coracle.launcher.UserErrorException;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Option;

/** What the controllers do, and which of them; under kube-controller-manager's names. */
final class ControllerFlags {

  /** Nothing is signed for less, whatever is asked for. */
  private static final String SHORTEST_SIGNED = "10m";

  @Option(
      names = "--controllers",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "*",
      description =
          "Which controllers run, by the names in the metric running_managed_controllers: * for"
              + " all, a name for that one, - before a name for all but that one. Default:"
              + " ${DEFAULT-VALUE}")
  private List<String> controllers = List.of("*");

  @Option(
      names = "--cluster-signing-duration",
      paramLabel = "DURATION",
      defaultValue = "8760h0m0s",
      description =
          "How long a certificate that the cluster signs is valid at most; a signing request may"
              + " ask for less by spec.expirationSeconds. Default: ${DEFAULT-VALUE}")
  private String signingDuration = "8760h0m0s";

  @Option(
      names = "--node-monitor-grace-period",
      paramLabel = "DURATION",
      defaultValue = "50s",
      description =
          "How long a node may be silent before it counts as unreachable. Default:"
              + " ${DEFAULT-VALUE}")
  private String monitorGrace = "50s";

  @Option(
      names = "--node-startup-grace-period",
      paramLabel = "DURATION",
      defaultValue = "1m0s",
      description = "The same for a node that has never told how it is. Default: ${DEFAULT-VALUE}")
  private String startupGrace = "1m0s";

  @Option(
      names = "--node-eviction-rate",
      paramLabel = "NUMBER",
      defaultValue = "0.1",
      description =
          "Of how many lost nodes of a zone the pods are evicted in a second; 0 for none. Default:"
              + " ${DEFAULT-VALUE}")
  private double evictionRate = 0.1;

  @Option(
      names = "--secondary-node-eviction-rate",
      paramLabel = "NUMBER",
      defaultValue = "0.01",
      description =
          "The same while too many nodes of a large zone are lost; in a small one nothing is"
              + " evicted then. Default: ${DEFAULT-VALUE}")
  private double secondaryRate = 0.01;

  @Option(
      names = "--unhealthy-zone-threshold",
      paramLabel = "SHARE",
      defaultValue = "0.55",
      description =
          "Which share of a zone's nodes, of three at least, is too many. Default:"
              + " ${DEFAULT-VALUE}")
  private double unhealthyShare = 0.55;

  @Option(
      names = "--large-cluster-size-threshold",
      paramLabel = "COUNT",
      defaultValue = "50",
      description = "A zone of more nodes is a large one. Default: ${DEFAULT-VALUE}")
  private int largeZone = 50;

  @Option(
      names = "--terminated-pod-gc-threshold",
      paramLabel = "COUNT",
      defaultValue = "12500",
      description = "How many finished pods are kept; 0 keeps all. Default: ${DEFAULT-VALUE}")
  private int finishedPods = 12_500;

  @Option(
      names = "--horizontal-pod-autoscaler-sync-period",
      paramLabel = "DURATION",
      defaultValue = "15s",
      description = "How often every autoscaler measures. Default: ${DEFAULT-VALUE}")
  private String autoscalerPeriod = "15s";

  @Option(
      names = "--horizontal-pod-autoscaler-downscale-stabilization",
      paramLabel = "DURATION",
      defaultValue = "5m0s",
      description =
          "An autoscaler without a window of its own takes pods away once so long none of its"
              + " measurings asked for more. Default: ${DEFAULT-VALUE}")
  private String stabilization = "5m0s";

  @Option(
      names = "--horizontal-pod-autoscaler-tolerance",
      paramLabel = "SHARE",
      defaultValue = "0.1",
      description =
          "By how much use may be off its target before an autoscaler without a tolerance of its"
              + " own does anything. Default: ${DEFAULT-VALUE}")
  private double tolerance = 0.1;

  @Option(
      names = "--horizontal-pod-autoscaler-cpu-initialization-period",
      paramLabel = "DURATION",
      defaultValue = "5m0s",
      description =
          "For so long after its start a pod's CPU counts only where it was measured while the pod"
              + " was ready. Default: ${DEFAULT-VALUE}")
  private String cpuInitialization = "5m0s";

  @Option(
      names = "--horizontal-pod-autoscaler-initial-readiness-delay",
      paramLabel = "DURATION",
      defaultValue = "30s",
      description =
          "A pod that stopped being ready sooner than this after its start counts as starting."
              + " Default: ${DEFAULT-VALUE}")
  private String readinessDelay = "30s";

  @Option(
      names = "--max-endpoints-per-slice",
      paramLabel = "COUNT",
      defaultValue = "100",
      description = "Endpoints of an EndpointSlice, from 1 to 1000. Default: ${DEFAULT-VALUE}")
  private int endpointsPerSlice = 100;

  @Option(
      names = "--mirroring-max-endpoints-per-subset",
      paramLabel = "COUNT",
      defaultValue = "1000",
      description =
          "How many addresses of each subset of Endpoints written by hand are mirrored to"
              + " EndpointSlices, from 1 to 1000. Default: ${DEFAULT-VALUE}")
  private int mirroredPerSubset = 1_000;

  @Option(
      names = "--legacy-service-account-token-clean-up-period",
      paramLabel = "DURATION",
      defaultValue = "8760h0m0s",
      description =
          "How long a token in a Secret that its service account names may be unused until it is not"
              + " valid, and how long its Secret stays then. Default: ${DEFAULT-VALUE}")
  private String legacyTokenPeriod = "8760h0m0s";

  ControllerTuning tuning() {
    List<String> known = ControllerManager.known();
    for (String chosen : controllers) {
      String name = chosen.startsWith("-") ? chosen.substring(1) : chosen;
      if (!chosen.equals("*") && !known.contains(name)) {
        throw new UserErrorException(
            "--controllers: '"
                + name
                + "' is not in the list of known controllers, which are "
                + String.join(", ", known));
      }
    }
    return new ControllerTuning(
        controllers,
        new NodeLifecycleOptions(
            atLeast("--node-monitor-grace-period", monitorGrace, "1s"),
            atLeast("--node-startup-grace-period", startupGrace, "1s"),
            rate("--node-eviction-rate", evictionRate),
            rate("--secondary-node-eviction-rate", secondaryRate),
            share("--unhealthy-zone-threshold", unhealthyShare),
            within("--large-cluster-size-threshold", largeZone, 0, Integer.MAX_VALUE)),
        new AutoscalingOptions(
            atLeast("--horizontal-pod-autoscaler-sync-period", autoscalerPeriod, "1s"),
            atLeast("--horizontal-pod-autoscaler-downscale-stabilization", stabilization, "0s"),
            rate("--horizontal-pod-autoscaler-tolerance", tolerance),
            atLeast(
                "--horizontal-pod-autoscaler-cpu-initialization-period", cpuInitialization, "0s"),
            atLeast("--horizontal-pod-autoscaler-initial-readiness-delay", readinessDelay, "0s")),
        within("--terminated-pod-gc-threshold", finishedPods, 0, Integer.MAX_VALUE),
        within("--max-endpoints-per-slice", endpointsPerSlice, 1, 1_000),
        within("--mirroring-max-endpoints-per-subset", mirroredPerSubset, 1, 1_000),
        atLeast("--cluster-signing-duration", signingDuration, SHORTEST_SIGNED),
        atLeast("--legacy-service-account-token-clean-up-period", legacyTokenPeriod, "1ns"));
  }

  private static Duration atLeast(String option, String text, String least) {
    Duration parsed;
    try {
      parsed = GoDuration.parse(text);
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(option + " is a time such as 8760h or 30m, not '" + text + "'");
    }
    if (parsed.compareTo(GoDuration.parse(least)) < 0) {
      throw new UserErrorException(option + " is at least " + least + ", not '" + text + "'");
    }
    return parsed;
  }

  private static double rate(String option, double value) {
    if (!(value >= 0 && Double.isFinite(value))) {
      throw new UserErrorException(option + " is a number from 0, not " + value);
    }
    return value;
  }

  private static double share(String option, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new UserErrorException(option + " is a number from 0 to 1, not " + value);
    }
    return value;
  }

  private static int within(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new UserErrorException(
          option
              + (most == Integer.MAX_VALUE
                  ? " is " + least + " or more"
                  : " is from " + least + " to " + most)
              + ", not "
              + value);
    }
    return value;
  }
}
