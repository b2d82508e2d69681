package dev.coracle.apiserver.internal.stream;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.admission.AdmissionChain;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.ResourceType;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
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
  private final AdmissionChain admission;
  private final Authorizer authorizer;

  public Connects(
      Destinations destinations,
      Forwarder forwarder,
      AdmissionChain admission,
      Authorizer authorizer) {
    this.destinations = destinations;
    this.forwarder = forwarder;
    this.admission = admission;
    this.authorizer = authorizer;
  }

  public boolean serves(ResourceType type, String subresource) {
    return type.is("", "pods") && OF_PODS.contains(subresource)
        || subresource.equals("proxy") && (type.is("", "services") || type.is("", "nodes"));
  }

  /** The request is paused; it is read only when the other side takes it. */
  public void handle(Exchange exchange, Call call) {
    // What is proxied is the server's business behind it, with whatever method.
    if (!call.subresource().equals("proxy")
        && !call.type()
            .definition()
            .subresource(call.subresource())
            .orElseThrow()
            .verbs()
            .contains(exchange.info().verb())) {
      throw StatusException.methodNotAllowed(call.type().groupResource(), exchange.info().verb());
    }
    var context = exchange.context().vertx().getOrCreateContext();
    Uni<Void> admitted =
        call.subresource().equals("log")
            ? Backstage.DONE
            : mayBegin(exchange, call).chain(() -> admit(exchange, call));
    admitted
        .chain(() -> destination(exchange, call))
        .subscribe()
        .with(
            to -> context.runOnContext(_ -> hand(exchange, call, to)),
            failure -> Responder.failure(exchange, failure));
  }

  /**
   * What runs something in a pod or reaches into it takes the permission to create, also where a
   * WebSocket begins with a GET.
   */
  private Uni<Void> mayBegin(Exchange exchange, Call call) {
    if (call.subresource().equals("proxy") || exchange.info().verb().equals("create")) {
      return Backstage.DONE;
    }
    Attributes asked =
        Attributes.resource(
                exchange.user(),
                "create",
                call.type().resource().group(),
                call.type().resource().resource(),
                call.subresource(),
                call.namespace(),
                call.name())
            .ofVersion(call.type().resource().version());
    return authorizer
        .ask(asked)
        .invoke(decision -> {
          if (!decision.allowed()) {
            throw asked.forbidden(decision.reason());
          }
        })
        .replaceWithVoid();
  }

  private Uni<Void> admit(Exchange exchange, Call call) {
    AdmissionRequest request =
        new AdmissionRequest(
            call, Operation.CONNECT, null, null, ConnectOptions.of(exchange, call));
    Uni<Void> admitted = admission.admit(request);
    return admitted == Backstage.DONE
        ? admission.validate(request)
        : admitted.chain(() -> admission.validate(request));
  }

  private Uni<Optional<Destination>> destination(Exchange exchange, Call call) {
    return switch (call.subresource()) {
      case "log" -> destinations.log(exchange, call);
      case "exec", "attach" -> destinations.container(exchange, call).map(Optional::of);
      case "portforward" -> destinations.portForward(exchange, call).map(Optional::of);
      default -> destinations.proxy(exchange, call).map(Optional::of);
    };
  }

  private void hand(Exchange exchange, Call call, Optional<Destination> destination) {
    if (destination.isEmpty()) {
      exchange.request().resume();
      exchange.request().response().setStatusCode(204).end();
      return;
    }
    Destination to = destination.get();
    if (call.subresource().equals("log") && WebSocketBody.isAskedFor(exchange)) {
      forwarder.framed(exchange, to);
    } else {
      forwarder.forward(exchange, to);
    }
  }
}
