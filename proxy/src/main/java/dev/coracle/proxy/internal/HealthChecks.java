package dev.coracle.proxy.internal;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.client.EventRecorder;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells load balancers whether this node has endpoints of a Service, on its {@code
 * healthCheckNodePort}: 200 where it has ready ones and the proxy keeps up, else 503, with their
 * number in the answer. Belongs to the proxy's context; servers are opened and closed one after the
 * other.
 */
public final class HealthChecks {

  private static final Logger LOG = LoggerFactory.getLogger(HealthChecks.class);
  private static final Path IPV6 = Path.of("/proc/sys/net/ipv6");

  /**
   * What a Service wants to be told.
   *
   * @param localEndpoints how many ready ones this node has
   */
  record Check(KubeObject service, int port, int localEndpoints) {}

  private final class Listening {
    final MachinePort port;
    volatile Check check;

    Listening(NamespacedName service, Check check) {
      this.check = check;
      this.port =
          new MachinePort(
              vertx,
              Optional.of(SocketAddress.inetSocketAddress(check.port(), anyAddress)),
              request -> answer(request, service, this.check.localEndpoints()),
              failure -> taken(this.check, failure));
    }

    Future<Void> close() {
      return Future.fromCompletionStage(port.close().subscribeAsCompletionStage());
    }
  }

  private final Vertx vertx;
  private final ProxyHealth health;
  private final EventRecorder events;
  private final String nodeName;
  private final String anyAddress = Files.isDirectory(IPV6) ? "::" : "0.0.0.0";
  private final Map<NamespacedName, Listening> listening = new HashMap<>();
  private Future<Void> last = Future.succeededFuture();

  public HealthChecks(Vertx vertx, ProxyHealth health, EventRecorder events, String nodeName) {
    this.vertx = vertx;
    this.health = health;
    this.events = events;
    this.nodeName = nodeName;
  }

  /** What the Service wants now; empty for nothing. */
  void update(NamespacedName service, Optional<Check> check) {
    Listening known = listening.get(service);
    if (known != null) {
      if (check.filter(c -> c.port() == known.check.port()).isPresent()) {
        known.check = check.get();
        return;
      }
      listening.remove(service);
      next(known::close);
    }
    check.ifPresent(c -> listen(service, c));
  }

  private void listen(NamespacedName service, Check check) {
    Listening now = new Listening(service, check);
    listening.put(service, now);
    next(now.port::open);
  }

  private void taken(Check check, Throwable failure) {
    String message =
        "node %s failed to start healthcheck \"%s\" on port %d: %s"
            .formatted(nodeName, check.service().key(), check.port(), failure.getMessage());
    LOG.atWarn().log("{}; trying again", message);
    events.warning(check.service(), "FailedToStartServiceHealthcheck", message);
  }

  private void next(Supplier<Future<Void>> step) {
    last = last.compose(_ -> step.get().otherwiseEmpty());
  }

  private void answer(HttpServerRequest request, NamespacedName service, int endpoints) {
    boolean keepsUp = health.keepsUp();
    JsonObject body =
        new JsonObject()
            .put(
                "service",
                new JsonObject().put("namespace", service.namespace()).put("name", service.name()))
            .put("localEndpoints", endpoints)
            .put("serviceProxyHealthy", keepsUp);
    request
        .response()
        .setStatusCode(endpoints > 0 && keepsUp ? 200 : 503)
        .putHeader("Content-Type", "application/json")
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("X-Load-Balancing-Endpoint-Weight", String.valueOf(endpoints))
        .end(body.encodePrettily());
  }

  Uni<Void> close() {
    listening.values().forEach(known -> next(known::close));
    listening.clear();
    events.stop();
    return Uni.createFrom().completionStage(() -> last.toCompletionStage());
  }
}
