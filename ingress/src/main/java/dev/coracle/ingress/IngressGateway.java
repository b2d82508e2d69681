package dev.coracle.ingress;

import dev.coracle.api.Component;
import dev.coracle.client.Client;
import dev.coracle.ingress.config.IngressOptions;
import dev.coracle.ingress.internal.GatewayVerticle;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.servicediscovery.ServiceDiscovery;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The ingress gateway. Ready when it listens and knows every Ingress there is. */
public final class IngressGateway implements Component {

  private final Vertx vertx;
  private final GatewayVerticle verticle;
  private volatile @Nullable String deployment;

  /**
   * @param discovery where the proxy publishes Services; the gateway finds its backends there
   */
  public IngressGateway(
      Vertx vertx,
      Client client,
      ServiceDiscovery discovery,
      IngressOptions options,
      MeterRegistry registry) {
    this.vertx = vertx;
    this.verticle = new GatewayVerticle(client, discovery, options, registry);
  }

  @Override
  public String name() {
    return "ingress-gateway";
  }

  /** The port of plain HTTP, 0 before it listens. */
  public int httpPort() {
    return verticle.httpPort();
  }

  public int httpsPort() {
    return verticle.httpsPort();
  }

  @Override
  public CompletionStage<Void> start() {
    return vertx
        .deployVerticle(verticle)
        .onSuccess(id -> deployment = id)
        .<Void>mapEmpty()
        .toCompletionStage();
  }

  @Override
  public CompletionStage<Void> stop() {
    String id = deployment;
    deployment = null;
    Future<Void> stopped = id == null ? Future.succeededFuture() : vertx.undeploy(id);
    return stopped.toCompletionStage();
  }

  @Override
  public Optional<String> unhealthy() {
    return deployment == null ? Optional.of("not listening") : Optional.empty();
  }
}
