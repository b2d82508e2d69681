package dev.coracle.launcher.cli;

import dev.coracle.launcher.UserErrorException;
import dev.coracle.proxy.config.ProxyOptions;
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

  String healthzBindAddress() {
    try {
      ProxyOptions.bindAddress(healthzBindAddress);
    } catch (IllegalArgumentException e) {
      throw new UserErrorException("--proxy-healthz-bind-address: " + e.getMessage());
    }
    return healthzBindAddress;
  }
}
