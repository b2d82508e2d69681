package dev.coracle.launcher.cli;

import dev.coracle.kubelet.config.GoDurations;
import dev.coracle.launcher.UserErrorException;
import java.time.Duration;
import picocli.CommandLine.Option;

/** The API server's address and the cluster's networks. */
final class ClusterFlags {

  /** Nothing is signed for less, whatever is asked for. */
  private static final Duration SHORTEST = Duration.ofMinutes(10);

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "6443",
      description = "Port of the API server; 0 picks a free one. Default: ${DEFAULT-VALUE}")
  int port;

  @Option(
      names = "--bind-address",
      paramLabel = "ADDRESS",
      defaultValue = "0.0.0.0",
      description = "Address the API server listens on. Default: ${DEFAULT-VALUE}")
  String bindAddress = "0.0.0.0";

  @Option(
      names = "--cluster-cidr",
      paramLabel = "CIDR",
      defaultValue = "",
      description = "Network of the pods. Default: 10.244.0.0/16, or a free one beside it")
  String clusterCidr = "";

  @Option(
      names = "--service-cluster-ip-range",
      paramLabel = "CIDR",
      defaultValue = "",
      description = "Network of the Services. Default: 10.96.0.0/16, or a free one beside it")
  String serviceCidr = "";

  @Option(
      names = "--cluster-domain",
      paramLabel = "DOMAIN",
      defaultValue = "cluster.local",
      description = "Domain of the cluster's DNS names. Default: ${DEFAULT-VALUE}")
  String clusterDomain = "cluster.local";

  @Option(
      names = "--cluster-signing-duration",
      paramLabel = "DURATION",
      defaultValue = "8760h0m0s",
      description =
          "How long a certificate that the cluster signs is valid at most; a signing request may"
              + " ask for less by spec.expirationSeconds. Default: ${DEFAULT-VALUE}")
  private String signingDuration = "8760h0m0s";

  Duration signingDuration() {
    Duration parsed;
    try {
      parsed = GoDurations.parse(signingDuration);
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(
          "--cluster-signing-duration is a time such as 8760h or 30m, not '"
              + signingDuration
              + "'");
    }
    if (parsed.compareTo(SHORTEST) < 0) {
      throw new UserErrorException(
          "--cluster-signing-duration is at least 10m, not '" + signingDuration + "'");
    }
    return parsed;
  }
}
