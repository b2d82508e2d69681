package dev.coracle.proxy;

import dev.coracle.api.Component;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.SerialContext;
import dev.coracle.proxy.config.ProxyOptions;
import dev.coracle.proxy.internal.Backend;
import dev.coracle.proxy.internal.Conntrack;
import dev.coracle.proxy.internal.HealthChecks;
import dev.coracle.proxy.internal.HealthServer;
import dev.coracle.proxy.internal.ProxyConfigz;
import dev.coracle.proxy.internal.ProxyDocuments;
import dev.coracle.proxy.internal.ProxyHealth;
import dev.coracle.proxy.internal.ProxyMetrics;
import dev.coracle.proxy.internal.ServiceSync;
import dev.coracle.proxy.internal.discovery.ServicePublisher;
import dev.coracle.proxy.internal.nft.Nft;
import dev.coracle.proxy.internal.nft.NftBackend;
import dev.coracle.proxy.internal.userspace.UserspaceBackend;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.servicediscovery.ServiceDiscovery;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * The service proxy of one node. Ready when every Service there is leads to its endpoints. What it
 * put into the kernel is removed when it stops, but for the settings of {@link Conntrack}.
 */
public final class KubeProxy implements Component {

  private static final String COMPONENT = "kube-proxy";

  private final ExecutorService blocking =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(COMPONENT + "-", 0).factory());
  private final ServiceDiscovery discovery;
  private final ProxyOptions options;
  private final Backend backend;
  private final ServiceSync sync;
  private final HealthServer healthServer;
  private final ProxyDocuments documents;

  /**
   * @param discovery where Services are published; the caller closes it
   * @param metrics the proxy's own as Prometheus text
   * @throws IllegalArgumentException when the mode asked for is not to be had here
   */
  public KubeProxy(
      Vertx vertx,
      Client client,
      ServiceDiscovery discovery,
      ProxyOptions options,
      MeterRegistry registry,
      Supplier<String> metrics) {
    this.discovery = discovery;
    this.options = options;
    this.backend = backend(vertx, options);
    ProxyHealth health = new ProxyHealth(Clock.systemUTC());
    this.healthServer =
        new HealthServer(vertx, health, registry, options.machine().healthzBindAddress());
    this.documents =
        new ProxyDocuments(
            vertx,
            mode(),
            ProxyConfigz.of(options, mode()),
            metrics,
            options.machine().metricsBindAddress());
    SerialContext context = SerialContext.of(vertx);
    EventRecorder events =
        new EventRecorder(client, context, COMPONENT, options.nodeName(), registry);
    this.sync =
        new ServiceSync(
            context,
            client,
            backend,
            new ServicePublisher(this.discovery),
            new HealthChecks(vertx, health, events, options.nodeName()),
            health,
            options.nodeName(),
            options.ownDns(),
            new ProxyMetrics(registry));
  }

  private Backend backend(Vertx vertx, ProxyOptions options) {
    String table = "coracle_" + options.clusterId() + "_proxy";
    return switch (options.mode()) {
      case "userspace" -> userspace(vertx);
      case "nftables" ->
          nftables(table, options)
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "--proxy-mode nftables needs the program nft and the right to change"
                          + " rules (root); install nftables, or use --proxy-mode userspace"));
      case "auto" -> nftables(table, options).orElseGet(() -> userspace(vertx));
      default ->
          throw new IllegalArgumentException(
              "unknown proxy mode '" + options.mode() + "'; known are auto, nftables, userspace");
    };
  }

  private static Backend userspace(Vertx vertx) {
    return new UserspaceBackend(vertx, vertx.getOrCreateContext());
  }

  private Optional<Backend> nftables(String table, ProxyOptions options) {
    Optional<Path> binary = Nft.find("nft");
    if (binary.isEmpty()) {
      return Optional.empty();
    }
    Nft nft = new Nft(binary.get(), blocking);
    return nft.works(table)
        ? Optional.of(new NftBackend(nft, table, options.podCidr(), options.podsAreRouted()))
        : Optional.empty();
  }

  /** Whether nftables can be used by this process: decides which addresses Services should have. */
  public static boolean nftablesWork() {
    return Nft.find("nft")
        .filter(b -> new Nft(b, Runnable::run).works("coracle_probe"))
        .isPresent();
  }

  @Override
  public String name() {
    return COMPONENT;
  }

  /** How Services are balanced here: {@code nftables} or {@code userspace}. */
  public String mode() {
    return backend.name();
  }

  /** Where {@code /healthz} and {@code /livez} are answered; -1 while they are not. */
  public int healthPort() {
    return healthServer.port();
  }

  /**
   * Where {@code /metrics}, {@code /proxyMode} and {@code /configz} are answered; -1 while they are
   * not.
   */
  public int documentsPort() {
    return documents.port();
  }

  @Override
  public CompletionStage<Void> start() {
    healthServer.open();
    documents.open();
    return sync.start()
        .call(this::settings)
        .onFailure()
        .call(() -> Uni.createFrom().completionStage(this::stop))
        .subscribeAsCompletionStage();
  }

  /** The first rules have brought the kernel's module, so that it has settings. */
  private Uni<Void> settings() {
    return mode().equals("nftables")
        ? Uni.createFrom()
            .completionStage(() ->
                CompletableFuture.runAsync(
                    () -> new Conntrack().set(options.machine().conntrack()), blocking))
        : Uni.createFrom().voidItem();
  }

  @Override
  public CompletionStage<Void> stop() {
    return sync.stop()
        .chain(healthServer::close)
        .chain(documents::close)
        .onTermination()
        .invoke(blocking::shutdown)
        .subscribeAsCompletionStage();
  }

  @Override
  public Optional<String> unhealthy() {
    return sync.hasSynced() ? Optional.empty() : Optional.of("services have not synced");
  }
}
