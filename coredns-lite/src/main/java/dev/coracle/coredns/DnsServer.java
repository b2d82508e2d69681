package dev.coracle.coredns;

import dev.coracle.api.Component;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.SerialContext;
import dev.coracle.coredns.config.DnsOptions;
import dev.coracle.coredns.internal.DnsVerticle;
import dev.coracle.coredns.internal.MetricsPlugin;
import dev.coracle.coredns.internal.ServiceDirectory;
import dev.coracle.coredns.internal.ServicePublisher;
import dev.coracle.coredns.internal.SettingsFollower;
import dev.coracle.coredns.internal.corefile.NameSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The cluster's DNS server. Ready when its copies of Services and EndpointSlices have synced, both
 * sockets listen, and the kube-dns Service leads to them.
 */
public final class DnsServer implements Component {

  private final Vertx vertx;
  private final DnsOptions options;
  private final InformerFactory informers;
  private final DnsVerticle verticle;
  private final Client client;
  private final ServicePublisher publisher;
  private volatile @Nullable String deployment;

  public DnsServer(Vertx vertx, Client client, DnsOptions options, MeterRegistry registry) {
    this.vertx = vertx;
    this.options = options;
    this.informers = new InformerFactory(SerialContext.of(vertx), client);
    List<InetSocketAddress> upstreams = DnsVerticle.upstreams(options);
    this.verticle =
        new DnsVerticle(
            options,
            new ServiceDirectory(informers),
            new MetricsPlugin(registry),
            NameSettings.of(upstreams));
    new SettingsFollower(informers, upstreams, verticle::configure);
    this.client = client;
    this.publisher = new ServicePublisher(client);
  }

  @Override
  public String name() {
    return "coredns";
  }

  /** The port of both sockets, 0 before they listen. */
  public int port() {
    return verticle.port();
  }

  @Override
  public CompletionStage<Void> start() {
    return informers
        .start()
        .chain(() ->
            Uni.createFrom()
                .completionStage(() -> vertx.deployVerticle(verticle).toCompletionStage()))
        .invoke(id -> deployment = id)
        .chain(() ->
            options.clusterIp().isEmpty()
                ? Uni.createFrom().voidItem()
                : publisher
                    .publish(options.clusterIp(), options.nodeIp(), verticle.port())
                    .chain(() -> SettingsFollower.publish(client, options.clusterDomain())))
        .onFailure()
        .call(() -> Uni.createFrom().completionStage(this::stop))
        .subscribeAsCompletionStage();
  }

  @Override
  public CompletionStage<Void> stop() {
    String id = deployment;
    deployment = null;
    Uni<Void> undeployed =
        id == null
            ? Uni.createFrom().voidItem()
            : Uni.createFrom()
                .completionStage(() -> vertx.undeploy(id).toCompletionStage())
                .replaceWithVoid();
    return undeployed.chain(informers::stop).subscribeAsCompletionStage();
  }

  @Override
  public Optional<String> unhealthy() {
    return deployment == null ? Optional.of("not listening") : Optional.empty();
  }
}
