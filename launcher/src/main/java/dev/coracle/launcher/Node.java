package dev.coracle.launcher;

import dev.coracle.api.Component;
import dev.coracle.client.Client;
import dev.coracle.cridocker.DockerRuntime;
import dev.coracle.cridocker.config.DockerOptions;
import dev.coracle.criruntime.CriRuntime;
import dev.coracle.criruntime.config.CriRuntimeOptions;
import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;
import dev.coracle.criruntime.config.ImageOptions;
import dev.coracle.criruntime.config.NetworkOptions;
import dev.coracle.criruntime.network.PodNetworks;
import dev.coracle.kubelet.Kubelet;
import dev.coracle.kubelet.ShownBeside;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.logs.LogCollector;
import dev.coracle.metrics.MetricsRegistry;
import dev.coracle.proxy.NetworkPolicies;
import dev.coracle.proxy.config.NetworkPolicyOptions;
import dev.coracle.proxy.config.NetworkPolicyOptions.PodConnection;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The node of this process: a container runtime, the built-in one or the shim for Docker, unless a
 * CRI server elsewhere is named; and the kubelet.
 */
public final class Node {

  /**
   * What the kubelet's API shows and trusts.
   *
   * @param certificate its serving certificate, PEM
   * @param key likewise, PKCS#8
   * @param clusterCa what clients' certificates are checked with
   */
  public record Identity(Path certificate, Path key, Path clusterCa) {

    static Identity of(Credentials credentials) {
      return new Identity(
          credentials.kubelet().certificate(),
          credentials.kubelet().key(),
          credentials.pki().caCertificate());
    }
  }

  /** A container runtime of this process: CRI servers like any other, which is all they share. */
  private record OwnRuntime(
      String name,
      Supplier<Uni<Void>> start,
      Function<Boolean, Uni<Void>> stop,
      Supplier<String> describe,
      boolean isolatesPods) {

    static OwnRuntime of(CriRuntime runtime) {
      return new OwnRuntime(
          "cri-runtime", runtime::start, runtime::stop, runtime::describe, runtime.isolatesPods());
    }

    static OwnRuntime of(DockerRuntime runtime) {
      return new OwnRuntime("cri-docker", runtime::start, runtime::stop, runtime::describe, true);
    }
  }

  private final Optional<OwnRuntime> runtime;
  private final NetworkPolicies policies;
  private final Kubelet kubelet;
  private final String endpoint;
  private final PodConnection connection;
  private final boolean keepPods;

  public Node(
      Vertx vertx,
      Client client,
      CoracleOptions options,
      DataDirectory data,
      NetworkPlan network,
      String podCidr,
      Identity identity,
      MetricsRegistry metrics,
      Optional<LogCollector> logs,
      Clock clock)
      throws IOException {
    MeterRegistry registry = metrics.meters();
    RuntimeEndpoint named = RuntimeEndpoint.of(options.containerRuntimeEndpoint());
    PolicyGuard guard = new PolicyGuard();
    NetworkOptions pods = podNetwork(network, podCidr).withGuard(guard);
    this.runtime =
        switch (named) {
          case RuntimeEndpoint.BuiltIn b ->
              Optional.of(OwnRuntime.of(builtIn(vertx, options, data, pods, registry)));
          case RuntimeEndpoint.Docker d ->
              Optional.of(OwnRuntime.of(docker(vertx, d, data, pods, registry)));
          case RuntimeEndpoint.Cri c -> Optional.empty();
        };
    this.connection = connection(pods);
    this.policies =
        new NetworkPolicies(
            vertx,
            client,
            new NetworkPolicyOptions(
                data.clusterId(), network.nodeName(), connection, options.keepPods()),
            registry);
    guard.guardedBy(policies);
    this.keepPods = options.keepPods();
    this.endpoint =
        RuntimeEndpoint.UNIX
            + (named instanceof RuntimeEndpoint.Cri c ? c.socket() : data.criSocket());
    this.kubelet =
        kubelet(
            vertx,
            client,
            registry,
            clock,
            () -> kubeletOptions(options, data, network, podCidr, identity, endpoint));
    kubelet.show(
        new ShownBeside(
            () -> metrics.scrape(null).body(),
            parameters ->
                logs.flatMap(LogCollector::search).map(search -> search.answer(parameters)),
            options.flags()));
  }

  private static Kubelet kubelet(
      Vertx vertx,
      Client client,
      MeterRegistry registry,
      Clock clock,
      Supplier<KubeletOptions> options) {
    try {
      return new Kubelet(vertx, client, options.get(), registry, clock);
    } catch (IllegalArgumentException e) {
      throw new UserErrorException("--kubelet-config cannot be used: " + e.getMessage());
    }
  }

  private PodConnection connection(NetworkOptions pods) throws IOException {
    if (runtime.isEmpty()) {
      return PodConnection.OTHER_RUNTIME;
    }
    if (!runtime.get().isolatesPods()) {
      return PodConnection.HOST;
    }
    return PodNetworks.usesCni(pods) ? PodConnection.CNI : PodConnection.ROUTED;
  }

  private static CriRuntime builtIn(
      Vertx vertx,
      CoracleOptions options,
      DataDirectory data,
      NetworkOptions pods,
      MeterRegistry registry)
      throws IOException {
    try {
      return new CriRuntime(vertx, runtimeOptions(options, data, pods), registry);
    } catch (IllegalStateException e) {
      throw new UserErrorException(
          "--runtime " + options.runtime() + " cannot be had here: " + e.getMessage());
    }
  }

  private static DockerRuntime docker(
      Vertx vertx,
      RuntimeEndpoint.Docker docker,
      DataDirectory data,
      NetworkOptions pods,
      MeterRegistry registry) {
    if (!"root".equals(System.getProperty("user.name"))) {
      throw new UserErrorException(
          "Docker as the container runtime needs root, for the pods' network; leave"
              + " --container-runtime-endpoint out to use the built-in runtime");
    }
    return new DockerRuntime(
        vertx,
        DockerOptions.of(data.runtime().resolve("docker"), docker.socket(), data.clusterId())
            .withSocket(data.criSocket())
            .withImages(images())
            .withNetwork(pods),
        registry);
  }

  private static NetworkOptions podNetwork(NetworkPlan network, String podCidr) {
    return NetworkOptions.defaults().withPodCidr(podCidr).withClusterCidrs(network.clusterCidrs());
  }

  private static CriRuntimeOptions runtimeOptions(
      CoracleOptions options, DataDirectory data, NetworkOptions pods) {
    return CriRuntimeOptions.of(data.runtime(), data.clusterId())
        .withSocket(data.criSocket())
        .withRuntime(choice(options.runtime()))
        .withImages(images().withMaxLayerBytes(options.node().maxLayerBytes()))
        .withNetwork(pods);
  }

  /** What the build made, such as the demo's image, is found beside it and needs no registry. */
  private static ImageOptions images() {
    String home = System.getProperty("coracle.home");
    return home == null
        ? ImageOptions.defaults()
        : ImageOptions.defaults().withArchives(Path.of(home, "demo", "target", "images"));
  }

  private static RuntimeChoice choice(String name) {
    try {
      return RuntimeChoice.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(
          "unknown --runtime '" + name + "'; known are auto, crun, runc, namespaces and process");
    }
  }

  private static KubeletOptions kubeletOptions(
      CoracleOptions options,
      DataDirectory data,
      NetworkPlan network,
      String podCidr,
      Identity identity,
      String endpoint) {
    return KubeletOptions.of(
            network.nodeName(),
            String.join(",", network.nodeIps()),
            data.kubelet(),
            data.podLogs(),
            endpoint)
        .withClusterDns(List.of(network.serviceIp(NetworkPlan.DNS)), options.clusterDomain())
        .withCgroupRoot("coracle-" + data.clusterId())
        .withPodCidr(podCidr)
        .withNodeLabels(options.node().labels())
        .withServer(
            KubeletServerOptions.defaults(
                    network.nodeName(),
                    identity.certificate(),
                    identity.key(),
                    identity.clusterCa())
                .withTrustedUsers(Set.of("kube-apiserver-kubelet-client"))
                .withLogDirectory(Path.of("/var/log"))
                .withListen(
                    options.node().kubeletAddress(), Ports.preferred(options.kubeletPort())))
        .withConfiguration(options.node().kubelet());
  }

  /** The port of the kubelet's API, 0 before it listens. */
  public int kubeletPort() {
    return kubelet.port();
  }

  /** Why the kubelet works no more, where that lasts. */
  public Optional<String> stuck() {
    return kubelet.stuck();
  }

  /** Takes up a serving certificate that was renewed in its files. */
  public Uni<Boolean> reloadCertificates() {
    return kubelet.reloadCertificates();
  }

  /**
   * The node goes away: its pods end with the grace that is configured, while everything else still
   * works. Done at once where none is, and where the pods are kept.
   */
  public CompletionStage<Void> shutDown() {
    return keepPods ? CompletableFuture.completedFuture(null) : kubelet.shutDown();
  }

  /** What runs containers, where it is ours: it needs nothing of the rest. */
  public List<Component> runtime() {
    return runtime.<Component>map(r -> new RuntimeComponent(r, keepPods)).stream().toList();
  }

  /**
   * Who may talk to the pods. Needs the API server; to be stopped after the runtime, since pods are
   * isolated as long as they run.
   */
  public Component policies() {
    return policies;
  }

  /** What needs the API server and the runtime. */
  public List<Component> kubelet() {
    return List.of(new KubeletComponent(kubelet, keepPods));
  }

  /** The runtime has no part in Coracle's own contracts, being a CRI server like any other. */
  private record RuntimeComponent(OwnRuntime runtime, boolean keepPods) implements Component {
    @Override
    public String name() {
      return runtime.name();
    }

    @Override
    public CompletionStage<Void> start() {
      return runtime.start().get().subscribeAsCompletionStage();
    }

    @Override
    public CompletionStage<Void> stop() {
      return runtime.stop().apply(keepPods).subscribeAsCompletionStage();
    }

    @Override
    public Optional<String> unhealthy() {
      return Optional
          .empty(); // The kubelet asks it through CRI, and says so in the Node's conditions.
    }
  }

  /** The kubelet, told at its end what becomes of the pods. */
  private record KubeletComponent(Kubelet kubelet, boolean keepPods) implements Component {
    @Override
    public String name() {
      return kubelet.name();
    }

    @Override
    public CompletionStage<Void> start() {
      return kubelet.start();
    }

    @Override
    public CompletionStage<Void> stop() {
      return kubelet.stop(keepPods);
    }

    @Override
    public Optional<String> unhealthy() {
      return kubelet.unhealthy();
    }
  }

  /** Whether this host routes every packet of the node's pods. */
  public boolean routesPods() {
    return connection == PodConnection.ROUTED;
  }

  /** Other runtimes than the built-in one always give pods a network. */
  boolean isolatesPods() {
    return runtime.map(OwnRuntime::isolatesPods).orElse(true);
  }

  /** What runs containers here, in one line. */
  public String description() {
    return runtime.map(r -> r.describe().get()).orElse(endpoint);
  }
}
