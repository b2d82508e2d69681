package dev.coracle.apiserver.internal.aggregation;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import dev.coracle.apiserver.internal.stream.Destination;
import dev.coracle.apiserver.internal.stream.Destination.Peer;
import dev.coracle.apiserver.internal.stream.Forwarder;
import dev.coracle.apiserver.internal.webhook.ServiceResolver;
import io.vertx.core.Context;
import java.util.Optional;

/** Hands requests for aggregated groups on, once this server's own filters let them pass. */
public final class AggregatedPaths {

  private static final String APIS = "/apis/";
  private static final String OPENAPI = "/openapi/v3/apis/";

  private final ApiServices apis;
  private final ServiceResolver services;
  private final Forwarder forwarder;

  public AggregatedPaths(ApiServices apis, ServiceResolver services, Forwarder forwarder) {
    this.apis = apis;
    this.services = services;
    this.forwarder = forwarder;
  }

  /** Whether another server was asked. */
  public boolean handle(Exchange exchange) {
    if (apis.all().isEmpty()) {
      return false;
    }
    Optional<RemoteApi> found = find(exchange.info().path());
    found.ifPresent(api -> forward(exchange, api));
    return found.isPresent();
  }

  private Optional<RemoteApi> find(String path) {
    String start = path.startsWith(APIS) ? APIS : path.startsWith(OPENAPI) ? OPENAPI : "";
    if (start.isEmpty()) {
      return Optional.empty();
    }
    String[] parts = path.substring(start.length()).split("/", 3);
    Optional<RemoteApi> api = parts.length < 2 ? Optional.empty() : apis.find(parts[0], parts[1]);
    // A document of the third version is made here for a server that has one of the second alone.
    return start.equals(OPENAPI) ? api.filter(a -> !a.openApi().isOld()) : api;
  }

  private void forward(Exchange exchange, RemoteApi api) {
    if (!api.available()) {
      unavailable(exchange);
      return;
    }
    Context context = exchange.context().vertx().getOrCreateContext();
    services
        .resolve(api.service())
        .subscribe()
        .with(
            address ->
                context.runOnContext(_ ->
                    forwarder.forward(
                        exchange,
                        new Destination(
                            false,
                            false,
                            true,
                            api.host(),
                            api.service().port(),
                            exchange.request().uri(),
                            false,
                            "",
                            null,
                            new Peer(address, api.tls(), Peer.identify(exchange.user()))))),
            failure -> context.runOnContext(_ -> unreached(exchange, failure)));
  }

  private static void unreached(Exchange exchange, Throwable failure) {
    if (failure instanceof StatusException e && e.status().code() == 503) {
      unavailable(exchange);
    } else {
      exchange.request().resume();
      Responder.failure(exchange, failure);
    }
  }

  /** As text, like all that upstream's aggregator itself says. */
  private static void unavailable(Exchange exchange) {
    exchange.request().resume();
    Responder.text(exchange, 503, "service unavailable\n");
  }
}
