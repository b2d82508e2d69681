package dev.coracle.launcher;

import dev.coracle.api.Component;
import dev.coracle.apiserver.ExtraRoute;
import dev.coracle.apiserver.HealthCheck;
import dev.coracle.client.Client;
import dev.coracle.client.net.HttpsKubelets;
import dev.coracle.client.net.KubeletAccess;
import dev.coracle.controllers.ControllerManager;
import dev.coracle.controllers.config.ControllerOptions;
import dev.coracle.kubelet.SimulatedNodes;
import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.launcher.pki.ClusterPki;
import dev.coracle.launcher.pki.ClusterSigner;
import dev.coracle.logs.LogCollector;
import dev.coracle.metrics.MetricsRegistry;
import dev.coracle.metrics.MetricsServer;
import dev.coracle.scheduler.Scheduler;
import dev.coracle.watchhub.StorageException;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One cluster in this process: the parts list. The control plane and the container runtime start
 * first; then scheduler, controllers, kubelet and add-ons side by side. They stop in the opposite
 * order. Any number of clusters live in one JVM, each with its own data directory.
 */
public final class Coracle {

  private static final Logger LOG = LoggerFactory.getLogger(Coracle.class);
  private static final int EVENT_LOOPS =
      Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8);

  private final DataDirectory data;
  private final NetworkPlan.Held network;
  private final Vertx vertx;
  private final Credentials credentials;
  private final String nodeName;
  private final ControlPlane controlPlane;
  private final Optional<Node> node;
  private final AddOns addOns;
  private final MetricsRegistry metrics = new MetricsRegistry();
  private final List<Component> side;
  private final List<Component> started = new CopyOnWriteArrayList<>();
  private final Uni<Void> stop;

  private Coracle(CoracleOptions options, DataDirectory data, Clock nodeClock) throws IOException {
    this.data = data;
    this.network = NetworkPlan.choose(options, data);
    NetworkPlan plan = network.plan();
    this.nodeName = plan.nodeName();
    this.credentials =
        Credentials.open(new ClusterPki(data.pki(), Clock.systemUTC()), plan, options);
    this.vertx =
        Vertx.vertx(
            new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(EVENT_LOOPS));
    metrics.tellBuild(Version.KUBERNETES);
    MeterRegistry registry = metrics.meters();
    MetricsApi metricsApi = new MetricsApi(metrics);
    LogsApi logsApi = new LogsApi(options.logs());
    ComponentStatuses statuses = new ComponentStatuses(started);
    this.controlPlane =
        new ControlPlane(
            vertx,
            options,
            data,
            plan,
            credentials,
            logsApi.addTo(statuses.addTo(metricsApi.hooks(routes(), checks(statuses)))),
            registry);
    HttpsKubelets kubelets =
        new HttpsKubelets(
            vertx,
            new KubeletAccess(
                credentials.kubeletClient().certificate(),
                credentials.kubeletClient().key(),
                credentials.pki().caCertificate()),
            controlPlane::tunnelTo);
    MetricsServer metricsServer =
        metricsApi.open(
            vertx,
            controlPlane.clientWithinRequests("system:metrics"),
            kubelets,
            controlPlane.scheme());
    String authority = Files.readString(credentials.pki().caCertificate());
    boolean several = options.store().mayHaveSeveralControlPlanes();
    Component scheduler =
        one(
            several,
            "kube-scheduler",
            client -> new Scheduler(vertx, client, options.scheduler(), registry),
            registry);
    Component controllers =
        one(
            several,
            "kube-controller-manager",
            client ->
                new ControllerManager(
                    vertx,
                    client,
                    ControllerOptions.of(
                            plan.podRanges().stream().map(NamedRange::text).toList(), authority)
                        .withNodeCidrMaskSizes(
                            options.networks().nodeMaskIpv4(), options.networks().nodeMaskIpv6())
                        .withLocalVolumes()
                        .withSigner(new ClusterSigner(vertx, credentials.pki()))
                        .tuned(_ -> options.controllers())
                        .withTakenPorts(Ports.taken(options)),
                    registry),
            registry);
    Client logReader = controlPlane.clientWithinRequests("system:logs");
    Optional<LogCollector> logs =
        options.node().present()
            ? options.logs().collector(vertx, logReader, data, nodeName, registry)
            : Optional.empty();
    logsApi.open(logReader, kubelets, nodeName, logs, controlPlane.scheme());
    this.node =
        options.node().present()
            ? Optional.of(node(options, plan, logs, nodeClock))
            : Optional.empty();
    this.addOns =
        new AddOns(
            vertx,
            controlPlane,
            options,
            data,
            plan,
            credentials,
            node.map(Node::routesPods).orElse(false),
            metrics);
    List<Component> beside = new ArrayList<>(List.of(scheduler, controllers, metricsServer));
    beside.addAll(addOns.parts());
    logs.ifPresent(beside::add);
    beside.add(FactsPublisher.of(controlPlane.adminClient(), plan, options.clusterDomain()));
    if (options.node().simulation().nodes() > 0) {
      beside.add(
          new SimulatedNodes(
              vertx,
              name -> controlPlane.client("system:node:" + name),
              options.node().simulation(),
              data.simulatedNodes(),
              registry));
    }
    this.side = List.copyOf(beside);
    this.stop = Uni.createFrom().deferred(this::stopAll).memoize().indefinitely();
  }

  /** A part of which a cluster has one that works, however many control planes it has. */
  private Component one(
      boolean several, String name, Function<Client, Component> maker, MeterRegistry registry) {
    Client client = controlPlane.client("system:" + name);
    return several
        ? new Elected(name, vertx, client, () -> maker.apply(client), registry)
        : maker.apply(client);
  }

  /**
   * Takes the data directory and prepares; nothing runs yet.
   *
   * @throws UserErrorException when the directory or an option cannot be used
   */
  public static Coracle open(CoracleOptions options) {
    return open(options, Clock.systemUTC());
  }

  /**
   * With a node whose kubelet takes the time from a clock of its own.
   *
   * @throws UserErrorException when the directory or an option cannot be used
   */
  public static Coracle open(CoracleOptions options, Clock nodeClock) {
    DataDirectory data = DataDirectory.open(options.dataDir());
    try {
      return new Coracle(options, data, nodeClock);
    } catch (IOException e) {
      throw new UserErrorException("cannot prepare " + data.root() + ": " + e.getMessage());
    }
  }

  private Node node(
      CoracleOptions options, NetworkPlan plan, Optional<LogCollector> logs, Clock clock)
      throws IOException {
    return new Node(
        vertx,
        controlPlane.client("system:node:" + plan.nodeName()),
        options,
        data,
        plan,
        plan.nodePodCidr(options.networks()),
        Node.Identity.of(credentials),
        metrics,
        logs,
        clock);
  }

  private List<Component> kubelet(Node of) {
    return Stream.concat(
            of.kubelet().stream(), Stream.of(new NodeRole(controlPlane.adminClient(), nodeName)))
        .toList();
  }

  private static List<ExtraRoute> routes() {
    return List.of(new ExtraRoute(DashboardRoute.PREFIX, true, new DashboardRoute()));
  }

  private List<HealthCheck> checks(ComponentStatuses statuses) {
    return List.of(
        statuses.etcd(),
        new HealthCheck(
            "components",
            HealthCheck.At.NOT_LIVEZ,
            () -> started.stream().flatMap(c -> c.unhealthy().stream()).findFirst()));
  }

  /**
   * Starts everything; completes when all parts are ready. A failure stops what has started.
   *
   * @param progress hears what has been reached, with a detail for people
   */
  public CompletionStage<Void> start(BiConsumer<String, String> progress) {
    return Uni.join()
        .all(startControlPlane(progress), startInTurn(node.map(Node::runtime).orElse(List.of())))
        // All of them, so that a failure of one does not stop another half-way through its start.
        .andCollectFailures()
        .onFailure(CompositeException.class)
        .transform(e -> ((CompositeException) e).getCauses().getFirst())
        .chain(() ->
            Uni.join()
                .all(
                    Stream.concat(
                            node.stream()
                                .map(n ->
                                    startInTurn(kubelet(n))
                                        .invoke(
                                            () -> progress.accept("node", nodeName + " is Ready"))),
                            Stream.concat(node.stream().map(Node::policies), side.stream())
                                .map(part -> startInTurn(List.of(part))))
                        .toList())
                .andFailFast())
        .replaceWithVoid()
        .onFailure(e -> e instanceof IllegalStateException || e instanceof StorageException)
        .transform(e -> new UserErrorException(String.valueOf(e.getMessage())))
        .onFailure()
        .call(() -> stop.onFailure().recoverWithNull())
        .subscribeAsCompletionStage();
  }

  private Uni<Void> startControlPlane(BiConsumer<String, String> progress) {
    return startInTurn(controlPlane.parts())
        .chain(() -> onWorker(this::writeKubeconfig))
        .invoke(() -> progress.accept("API server", apiUrl()));
  }

  private Uni<Void> startInTurn(List<Component> parts) {
    Uni<Void> all = Uni.createFrom().voidItem();
    for (Component part : parts) {
      all =
          all.chain(() -> {
            started.add(part);
            return Uni.createFrom()
                .completionStage(part::start)
                .invoke(() -> LOG.atDebug().addKeyValue("component", part.name()).log("Ready"));
          });
    }
    return all;
  }

  private Uni<Void> onWorker(IoAction action) {
    return Uni.createFrom()
        .completionStage(() ->
            vertx
                .<Void>executeBlocking(() -> {
                  action.run();
                  return null;
                })
                .toCompletionStage());
  }

  @FunctionalInterface
  private interface IoAction {
    void run() throws IOException;
  }

  private void writeKubeconfig() throws IOException {
    try {
      Kubeconfig.write(
          data.kubeconfig(),
          apiUrl(),
          credentials.pki().caCertificate(),
          credentials.admin().get());
    } catch (ExecutionException e) {
      throw new IOException("cannot make the admin's certificate", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /**
   * Stops everything and gives all threads back; may be called at any time, any number of times.
   */
  public CompletionStage<Void> stop() {
    return stop.chain(
            () -> Uni.createFrom().completionStage(() -> vertx.close().toCompletionStage()))
        .subscribeAsCompletionStage();
  }

  /** As {@link #stop}, for a process that ends anyway: its threads go with it. */
  CompletionStage<Void> stopParts() {
    return stop.subscribeAsCompletionStage();
  }

  /**
   * The pods' grace first, where there is one; then node and add-ons side by side, then what they
   * talk to, in the opposite order of the start.
   */
  private Uni<Void> stopAll() {
    return Uni.createFrom()
        .completionStage(
            () -> node.map(Node::shutDown).orElseGet(() -> CompletableFuture.completedFuture(null)))
        .onFailure()
        .invoke(e ->
            LOG.atWarn()
                .addKeyValue("cause", String.valueOf(e.getMessage()))
                .log("The pods were not ended with grace"))
        .onFailure()
        .recoverWithNull()
        .chain(() ->
            Uni.join()
                .all(
                    Stream.concat(
                            node.stream()
                                .map(n ->
                                    stopInTurn(kubelet(n))
                                        .chain(() -> stopInTurn(n.runtime()))
                                        .chain(() -> stopInTurn(List.of(n.policies())))),
                            side.stream().map(part -> stopInTurn(List.of(part))))
                        .toList())
                .andCollectFailures())
        .chain(() -> stopInTurn(controlPlane.parts()))
        .invoke(this::release);
  }

  private Uni<Void> stopInTurn(List<Component> parts) {
    Uni<Void> all = Uni.createFrom().voidItem();
    for (Component part : parts.reversed()) {
      if (started.contains(part)) {
        all = all.chain(() -> stop(part));
      }
    }
    return all;
  }

  private static Uni<Void> stop(Component part) {
    return Uni.createFrom()
        .completionStage(part::stop)
        .invoke(() -> LOG.atDebug().addKeyValue("component", part.name()).log("Stopped"))
        .onFailure()
        .invoke(e ->
            LOG.atWarn()
                .addKeyValue("component", part.name())
                .addKeyValue("cause", String.valueOf(e.getMessage()))
                .log("A component did not stop cleanly"))
        .onFailure()
        .recoverWithNull();
  }

  private void release() {
    try {
      ProcessState.delete(data.root());
      network.slot().close();
      data.close();
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("cause", e.getMessage()).log("A lock was not given back");
    }
  }

  /** Why the node works no more, for whoever would start it again; a short trouble is none. */
  Optional<String> stuck() {
    return node.flatMap(Node::stuck);
  }

  public DataDirectory data() {
    return data;
  }

  public String apiUrl() {
    return "https://127.0.0.1:" + controlPlane.port();
  }

  public String dashboardUrl() {
    return apiUrl() + DashboardRoute.PREFIX;
  }

  public Path caCertificate() {
    return credentials.pki().caCertificate();
  }

  /** The bearer token that signs the owner in to the dashboard. */
  String dashboardToken() {
    return credentials.dashboardToken();
  }

  /** Variables for etcdctl, {@code NAME=value}; empty without {@code --serve-etcd}. */
  public List<String> etcdctl() {
    return controlPlane.etcdctl();
  }

  /** What runs containers here, in one line. */
  public String runtimeDescription() {
    return node.map(Node::description)
        .orElse("none here; machines join with 'coracle agent', see 'coracle token create'");
  }

  /** Whether each pod has a network of its own. */
  boolean isolatesPods() {
    return node.map(Node::isolatesPods).orElse(true);
  }

  public int ingressHttpPort() {
    return addOns.ingressHttpPort();
  }

  public int ingressHttpsPort() {
    return addOns.ingressHttpsPort();
  }

  public int dnsPort() {
    return addOns.dnsPort();
  }

  /** The API as the administrator. */
  public Client adminClient() {
    return controlPlane.adminClient();
  }
}
