package dev.coracle.proxy.internal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.proxy.config.ConntrackOptions;
import dev.coracle.proxy.config.ProxyOptions;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * {@code /configz}: what this proxy goes by, as the KubeProxyConfiguration ({@code
 * kubeproxy.config.k8s.io/v1alpha1}) that would say so. Rules are changed when Services are, so
 * that no period is told; what other modes have is left out.
 */
public final class ProxyConfigz {
  private static final String GROUP = "kubeproxy.config.k8s.io";

  private ProxyConfigz() {}

  /**
   * @param mode how Services are balanced
   */
  public static String of(ProxyOptions options, String mode) {
    ObjectNode out = Json.object();
    ObjectNode config =
        out.putObject(GROUP)
            .put("kind", "KubeProxyConfiguration")
            .put("apiVersion", GROUP + "/v1alpha1")
            .put("hostnameOverride", options.nodeName())
            .put("bindAddress", options.nodeIp())
            .put("healthzBindAddress", address(options.machine().healthzBindAddress()))
            .put("metricsBindAddress", address(options.machine().metricsBindAddress()))
            .put("bindAddressHardFail", false)
            .put("enableProfiling", false)
            .put("showHiddenMetricsForVersion", "")
            .put("mode", mode)
            .put("detectLocalMode", options.podCidr().isEmpty() ? "" : "NodeCIDR")
            .put("clusterCIDR", "")
            .put("portRange", "");
    config.putObject("clientConnection");
    config.putObject("detectLocal").put("bridgeInterface", "").put("interfaceNamePrefix", "");
    config
        .putObject("nftables")
        .putNull("masqueradeBit")
        .put("masqueradeAll", false)
        .put("syncPeriod", "0s")
        .put("minSyncPeriod", "0s");
    config.putArray("nodePortAddresses").add("all");
    config.putNull("oomScoreAdj");
    conntrack(
        config.putObject("conntrack"),
        mode.equals("nftables") ? options.machine().conntrack() : ConntrackOptions.NONE);
    config.put("configSyncPeriod", "0s");
    return out.toString();
  }

  private static void conntrack(ObjectNode out, ConntrackOptions options) {
    out.put("maxPerCore", options.maxPerCore())
        .put("min", options.min())
        .put("tcpEstablishedTimeout", text(options.tcpEstablished()))
        .put("tcpCloseWaitTimeout", text(options.tcpCloseWait()))
        .put("tcpBeLiberal", false)
        .put("udpTimeout", "0s")
        .put("udpStreamTimeout", "0s");
  }

  private static String address(Optional<SocketAddress> at) {
    return at.map(a -> (a.host().contains(":") ? "[" + a.host() + "]" : a.host()) + ":" + a.port())
        .orElse("");
  }

  /** Of whole seconds, as Go writes it. */
  private static String text(Duration d) {
    return (d.toHours() + "h" + d.toMinutesPart() + "m" + d.toSecondsPart() + "s")
        .replaceFirst("^0h(0m)?", "");
  }
}
