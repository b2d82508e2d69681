package dev.coracle.apiserver.internal.stream;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.ResourceType;
import io.smallrye.mutiny.Uni;
import java.util.Set;

/**
 * The subresources that are connections to somewhere else: logs, exec, attach, port-forward and the
 * proxies of Pods, Services and Nodes.
 */
public final class Connects {

  private static final Set<String> OF_PODS =
      Set.of("log", "exec", "attach", "portforward", "proxy");

  private final Destinations destinations;
  private final Forwarder forwarder;

  public Connects(Destinations destinations, Forwarder forwarder) {
    this.destinations = destinations;
    this.forwarder = forwarder;
  }

  public boolean serves(ResourceType type, String subresource) {
    return type.is("", "pods") && OF_PODS.contains(subresource)
        || subresource.equals("proxy") && (type.is("", "services") || type.is("", "nodes"));
  }

  /** The request is paused; it is read only when the other side takes it. */
  public void handle(Exchange exchange, Call call) {
    if (!call.type()
        .definition()
        .subresource(call.subresource())
        .orElseThrow()
        .verbs()
        .contains(exchange.info().verb())) {
      throw StatusException.methodNotAllowed(call.type().groupResource(), exchange.info().verb());
    }
    var context = exchange.context().vertx().getOrCreateContext();
    Uni<Destination> where =
        switch (call.subresource()) {
          case "log" -> destinations.log(exchange, call);
          case "exec", "attach" -> destinations.container(exchange, call);
          case "portforward" -> destinations.portForward(exchange, call);
          default -> destinations.proxy(exchange, call);
        };
    where
        .subscribe()
        .with(
            d -> context.runOnContext(_ -> forwarder.forward(exchange, d)),
            failure -> Responder.failure(exchange, failure));
  }
}
