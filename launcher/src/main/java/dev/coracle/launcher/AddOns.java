package dev.coracle.launcher;

import dev.coracle.api.Component;
import dev.coracle.coredns.DnsServer;
import dev.coracle.coredns.config.DnsOptions;
import dev.coracle.ingress.IngressGateway;
import dev.coracle.ingress.config.IngressOptions;
import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.metrics.MetricsRegistry;
import dev.coracle.proxy.KubeProxy;
import dev.coracle.proxy.PodOverlay;
import dev.coracle.proxy.config.OverlayOptions;
import dev.coracle.proxy.config.ProxyOptions;
import io.vertx.core.Vertx;
import io.vertx.servicediscovery.ServiceDiscovery;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Service proxy, overlay, DNS and ingress: how traffic finds its way. All but the DNS server, which
 * answers for the DNS Service, need the network of a node, and are left out where there is none.
 */
final class AddOns {

  /** Short, so that a Service that came or went is known at once; upstream's own default. */
  private static final int DNS_TTL_SECONDS = 5;

  private final Optional<KubeProxy> proxy;
  private final Optional<PodOverlay> overlay;
  private final DnsServer dns;
  private final Optional<IngressGateway> ingress;

  AddOns(
      Vertx vertx,
      ControlPlane controlPlane,
      CoracleOptions options,
      DataDirectory data,
      NetworkPlan network,
      Credentials credentials,
      boolean podsAreRouted,
      MetricsRegistry metrics) {
    ServiceDiscovery discovery = ServiceDiscovery.create(vertx);
    boolean node = options.node().present();
    // Of several control planes each has a DNS server for its own pods; its port is known before
    // the proxy leads them there.
    boolean ownDns = node && options.store().mayHaveSeveralControlPlanes();
    int dnsPort =
        ownDns && options.dnsPort() == 0 ? Ports.free(network.nodeIp()) : options.dnsPort();
    this.proxy =
        !node
            ? Optional.empty()
            : Optional.of(
                new KubeProxy(
                    vertx,
                    controlPlane.client("system:kube-proxy"),
                    discovery,
                    new ProxyOptions(
                        network.userspaceServices() && options.proxyMode().equals("auto")
                            ? "userspace"
                            : options.proxyMode(),
                        data.clusterId(),
                        network.nodeName(),
                        network.nodeIp(),
                        network.podCidr(),
                        podsAreRouted,
                        dnsPort == 0 ? "" : network.nodeIp() + ":" + dnsPort,
                        options.node().proxy()),
                    metrics.meters(),
                    () -> metrics.text("kubeproxy_")));
    // Another runtime's network is its own affair, and processes of the host need none.
    this.overlay =
        node
                && RuntimeEndpoint.of(options.containerRuntimeEndpoint()).connectsPods()
                && !network.userspaceServices()
            ? Optional.of(
                new PodOverlay(
                    vertx,
                    controlPlane.client("system:kube-proxy"),
                    new OverlayOptions(
                        data.clusterId(), network.nodeName(), network.nodeIp(), network.podCidr())))
            : Optional.empty();
    this.dns =
        new DnsServer(
            vertx,
            controlPlane.client("system:coredns"),
            new DnsOptions(
                // One address, not all: an answer over UDP has to come from the one that was asked.
                network.nodeIp(),
                dnsPort,
                options.clusterDomain(),
                network.nodeIp(),
                network.serviceIp(NetworkPlan.DNS),
                List.of(),
                DNS_TTL_SECONDS),
            metrics.meters());
    this.ingress =
        !node
            ? Optional.empty()
            : Optional.of(
                new IngressGateway(
                    vertx,
                    controlPlane.client("system:ingress"),
                    discovery,
                    new IngressOptions(
                        "0.0.0.0",
                        options.ingressHttpPort(),
                        options.ingressHttpsPort(),
                        credentials.ingress().certificate(),
                        credentials.ingress().key(),
                        network.nodeIp()),
                    metrics.meters()));
  }

  List<Component> parts() {
    List<Component> parts = new ArrayList<>(List.of(dns));
    proxy.ifPresent(parts::add);
    ingress.ifPresent(parts::add);
    overlay.ifPresent(parts::add);
    return parts;
  }

  String proxyMode() {
    return proxy.map(KubeProxy::mode).orElse("none");
  }

  int ingressHttpPort() {
    return ingress.map(IngressGateway::httpPort).orElse(0);
  }

  int ingressHttpsPort() {
    return ingress.map(IngressGateway::httpsPort).orElse(0);
  }

  int dnsPort() {
    return dns.port();
  }
}
