package dev.coracle.launcher.agent;

import dev.coracle.api.Component;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.coredns.DnsServer;
import dev.coracle.coredns.config.DnsOptions;
import dev.coracle.launcher.DataDirectory;
import dev.coracle.launcher.NetworkPlan;
import dev.coracle.launcher.Node;
import dev.coracle.launcher.UserErrorException;
import dev.coracle.launcher.agent.CertificateRequests.Purpose;
import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.logs.LogCollector;
import dev.coracle.metrics.MetricsRegistry;
import dev.coracle.proxy.KubeProxy;
import dev.coracle.proxy.PodOverlay;
import dev.coracle.proxy.config.OverlayOptions;
import dev.coracle.proxy.config.ProxyOptions;
import io.smallrye.mutiny.TimeoutException;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.servicediscovery.ServiceDiscovery;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node of a cluster whose control plane is another machine: the parts list. {@link #start}
 * joins where that is needed and starts the parts in order; it blocks, and is called once, on a
 * thread that may.
 */
public final class Agent {

  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final int DNS_TTL_SECONDS = 5;

  private final AgentOptions options;
  private final CoracleOptions settings;
  private final DataDirectory data;
  private final Vertx vertx;
  private final Clock clock = Clock.systemUTC();
  private final MetricsRegistry metrics = new MetricsRegistry();
  private final List<Component> started = new ArrayList<>();
  private final List<NodeCertificates> kept = new ArrayList<>();
  private volatile @Nullable Node running;

  private Agent(AgentOptions options, DataDirectory data) {
    this.options = options;
    this.settings = options.node();
    this.data = data;
    this.vertx =
        Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(2));
  }

  /** Takes the data directory; nothing runs yet. */
  public static Agent open(AgentOptions options) {
    return new Agent(options, DataDirectory.open(options.node().dataDir()));
  }

  public DataDirectory data() {
    return data;
  }

  /**
   * Returns when the node is registered and everything on it runs.
   *
   * @param progress hears what has been reached, with a detail for people
   */
  public void start(BiConsumer<String, String> progress) throws IOException {
    String name = settings.nodeName().isEmpty() ? NetworkPlan.hostName() : settings.nodeName();
    String asked = settings.nodeIp();
    String addresses = asked.isEmpty() ? addressTowards(options.server()) : asked;
    String address = addresses.split(",", -1)[0];
    Identity identity = Identity.open(vertx, options, data.pki(), name, address, clock);
    Client client = identity.client();
    Path remembered = data.root().resolve("servers");
    identity.client().servers(Servers.remembered(remembered));
    ClusterFacts facts = ClusterFacts.read(client).await().atMost(LIMIT);
    progress.accept("joined", options.server() + " as node " + name);
    register(client, name, address);
    NodeCertificates serving =
        new NodeCertificates(vertx, data.pki(), "kubelet", Purpose.SERVING, clock);
    if (!serving.isUsable()) {
      serving.obtain(identity.requests(name, address)).await().atMost(LIMIT);
    }
    NetworkPlan network = NetworkPlan.of(name, addresses, facts.podCidr(), facts.serviceCidr());
    Optional<LogCollector> logs =
        settings.logs().collector(vertx, client, data, name, metrics.meters());
    Node node =
        new Node(
            vertx,
            client,
            settings.withClusterDomain(facts.clusterDomain()),
            data,
            network,
            "", // The control plane gives the range.
            new Node.Identity(serving.certificate(), serving.key(), identity.ca()),
            metrics,
            logs,
            clock);
    Servers servers =
        new Servers(
            vertx,
            options.server(),
            identity.client(),
            remembered,
            server ->
                new TunnelClient(
                    vertx,
                    server,
                    name,
                    identity.ca(),
                    identity.certificates(),
                    node::kubeletPort));
    begin(node.policies());
    node.runtime().forEach(this::begin);
    node.kubelet().forEach(this::begin);
    running = node;
    logs.ifPresent(this::begin);
    begin(servers);
    begin(
        new PodOverlay(
            vertx, client, new OverlayOptions(data.clusterId(), name, address, facts.podCidr())));
    DnsServer dns = dns(client, facts, address);
    begin(dns);
    begin(proxy(client, facts, name, address, node.routesPods(), dns));
    keep(identity, serving, node, servers, name, address);
    progress.accept("node", name + ", " + node.description());
  }

  /** Why the node works no more, for whoever would start it again; a short trouble is none. */
  Optional<String> stuck() {
    return Optional.ofNullable(running).flatMap(Node::stuck);
  }

  private DnsServer dns(Client client, ClusterFacts facts, String address) {
    return new DnsServer(
        vertx,
        client,
        new DnsOptions(
            address,
            settings.dnsPort(),
            facts.clusterDomain(),
            address,
            "", // Its Service is the control plane's; the proxy leads this node's pods here.
            List.of(),
            DNS_TTL_SECONDS),
        metrics.meters());
  }

  private KubeProxy proxy(
      Client client,
      ClusterFacts facts,
      String name,
      String address,
      boolean podsAreRouted,
      DnsServer dns) {
    try {
      return new KubeProxy(
          vertx,
          client,
          ServiceDiscovery.create(vertx),
          new ProxyOptions(
              "nftables",
              data.clusterId(),
              name,
              address,
              facts.podCidr(),
              podsAreRouted,
              address + ":" + dns.port(),
              settings.node().proxy()),
          metrics.meters(),
          () -> metrics.text("kubeproxy_"));
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(
          "a node that joins needs root and the program nft for Services; install nftables");
    }
  }

  /**
   * The Node is there before its kubelet: the serving certificate is signed for the addresses that
   * stand in it.
   */
  private static void register(Client client, String name, String address) {
    KubeObject node =
        KubeObject.create(
            new GroupVersionKind("", "v1", "Node"),
            "",
            name,
            o -> {
              var addresses = o.putObject("status").putArray("addresses");
              addresses.addObject().put("type", "InternalIP").put("address", address);
              addresses.addObject().put("type", "Hostname").put("address", name);
            });
    client
        .create(Resources.NODES, "", node, WriteOptions.NONE)
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithItem(node)
        // Told again where the answer is lost: it is the same Node.
        .ifNoItem()
        .after(ANSWER)
        .fail()
        .onFailure(TimeoutException.class)
        .retry()
        .atMost(5)
        .await()
        .atMost(LIMIT);
  }

  private void begin(Component part) {
    started.add(part);
    try {
      part.start().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      throw e.getCause() instanceof IllegalStateException known
          ? new UserErrorException(String.valueOf(known.getMessage()))
          : new CompletionException(e.getCause());
    } catch (java.util.concurrent.TimeoutException e) {
      throw new UserErrorException(
          part.name()
              + " is not ready after "
              + LIMIT.toSeconds()
              + " s"
              + part.unhealthy().map(why -> ": " + why).orElse(""));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    }
  }

  private void keep(
      Identity identity,
      NodeCertificates serving,
      Node node,
      Servers servers,
      String name,
      String address) {
    kept.add(identity.certificates());
    kept.add(serving);
    identity
        .certificates()
        .keep(
            () -> identity.requests(name, address),
            () ->
                vertx.executeBlocking(() -> {
                  try {
                    identity.renewed();
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                  servers.renewed();
                  return null;
                }));
    serving.keep(
        () -> identity.requests(name, address),
        () ->
            node.reloadCertificates()
                .subscribe()
                .with(
                    _ -> {},
                    failure ->
                        LOG.atWarn()
                            .addKeyValue("failure", failure.toString())
                            .log("The kubelet did not take its renewed certificate")));
  }

  /** The address this machine has towards the server: that of the route, nothing is sent. */
  private static String addressTowards(URI server) {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(
          new InetSocketAddress(server.getHost(), server.getPort() > 0 ? server.getPort() : 443));
      return socket.getLocalAddress().getHostAddress();
    } catch (IOException | UncheckedIOException e) {
      throw new UserErrorException("no way to " + server + ": " + e.getMessage());
    }
  }

  /** Stops everything in the opposite order; may be called at any time. Blocks. */
  public void stop() {
    kept.forEach(NodeCertificates::stop);
    Node node = running;
    if (node != null) {
      try {
        node.shutDown().toCompletableFuture().join();
      } catch (CompletionException e) {
        LOG.atWarn()
            .addKeyValue("cause", String.valueOf(e.getCause()))
            .log("The pods were not ended with grace");
      }
    }
    for (Component part : List.copyOf(started).reversed()) {
      try {
        part.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
      } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
        LOG.atWarn()
            .addKeyValue("component", part.name())
            .addKeyValue("cause", String.valueOf(e.getMessage()))
            .log("A component did not stop cleanly");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    try {
      data.close();
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("cause", e.getMessage()).log("A lock was not given back");
    }
  }
}
