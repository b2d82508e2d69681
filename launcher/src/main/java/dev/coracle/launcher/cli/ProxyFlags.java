package dev.coracle.launcher.cli;

import dev.coracle.api.GoDuration;
import dev.coracle.launcher.UserErrorException;
import dev.coracle.proxy.config.ConntrackOptions;
import dev.coracle.proxy.config.MachineOptions;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** About kube-proxy, wherever there is a node. */
final class ProxyFlags {

  @Option(
      names = "--proxy-healthz-bind-address",
      paramLabel = "ADDRESS:PORT",
      defaultValue = "0.0.0.0:10256",
      description =
          "Where kube-proxy answers load balancers on /healthz and /livez; empty for nowhere."
              + " Default: ${DEFAULT-VALUE}")
  private String healthzBindAddress = "0.0.0.0:10256";

  @Option(
      names = "--proxy-metrics-bind-address",
      paramLabel = "ADDRESS:PORT",
      defaultValue = "127.0.0.1:10249",
      description =
          "Where kube-proxy answers /metrics and /proxyMode to anybody; empty for nowhere."
              + " Default: ${DEFAULT-VALUE}")
  private String metricsBindAddress = "127.0.0.1:10249";

  @Option(
      names = "--conntrack-max-per-core",
      paramLabel = "COUNT",
      defaultValue = "32768",
      description =
          "How many flows the kernel tracks at least for each processor; 0: as the machine has it."
              + " Default: ${DEFAULT-VALUE}")
  private int conntrackMaxPerCore = 32_768;

  @Option(
      names = "--conntrack-min",
      paramLabel = "COUNT",
      defaultValue = "131072",
      description =
          "How many flows the kernel tracks at least, however few processors there are."
              + " Default: ${DEFAULT-VALUE}")
  private int conntrackMin = 131_072;

  @Option(
      names = "--conntrack-tcp-timeout-established",
      paramLabel = "DURATION",
      defaultValue = "24h0m0s",
      description =
          "How long the kernel remembers a TCP connection on which nothing is sent; 0s: as the"
              + " machine has it. Default: ${DEFAULT-VALUE}")
  private String conntrackTcpEstablished = "24h0m0s";

  @Option(
      names = "--conntrack-tcp-timeout-close-wait",
      paramLabel = "DURATION",
      defaultValue = "1h0m0s",
      description =
          "How long the kernel remembers a TCP connection that one side has closed; 0s: as the"
              + " machine has it. Default: ${DEFAULT-VALUE}")
  private String conntrackTcpCloseWait = "1h0m0s";

  MachineOptions options() {
    if (conntrackMaxPerCore < 0 || conntrackMin < 0) {
      throw new UserErrorException(
          "--conntrack-max-per-core and --conntrack-min are numbers from 0 on");
    }
    return new MachineOptions(
        address("--proxy-healthz-bind-address", healthzBindAddress),
        address("--proxy-metrics-bind-address", metricsBindAddress),
        new ConntrackOptions(
            conntrackMaxPerCore,
            conntrackMin,
            time("--conntrack-tcp-timeout-established", conntrackTcpEstablished),
            time("--conntrack-tcp-timeout-close-wait", conntrackTcpCloseWait)));
  }

  private static Optional<SocketAddress> address(String flag, String text) {
    try {
      return MachineOptions.bindAddress(text);
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(flag + ": " + e.getMessage());
    }
  }

  private static Duration time(String flag, String text) {
    try {
      Duration time = GoDuration.parse(text);
      if (!time.isNegative()) {
        return time;
      }
    } catch (IllegalArgumentException e) {
      // Said below, as of a negative one.
    }
    throw new UserErrorException(flag + " is a time such as 1h or 90s, not '" + text + "'");
  }
}
