package dev.coracle.proxy.internal;

import dev.coracle.api.NamespacedName;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
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
  record Check(int port, int localEndpoints) {}

  private static final class Listening {
    final HttpServer server;
    volatile Check check;

    Listening(HttpServer server, Check check) {
      this.server = server;
      this.check = check;
    }
  }

  private final Vertx vertx;
  private final ProxyHealth health;
  private final String anyAddress = Files.isDirectory(IPV6) ? "::" : "0.0.0.0";
  private final Map<NamespacedName, Listening> listening = new HashMap<>();
  private Future<Void> last = Future.succeededFuture();

  public HealthChecks(Vertx vertx, ProxyHealth health) {
    this.vertx = vertx;
    this.health = health;
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
      next(known.server::close);
    }
    check.ifPresent(c -> listen(service, c));
  }

  private void listen(NamespacedName service, Check check) {
    Listening now = new Listening(vertx.createHttpServer(), check);
    now.server.requestHandler(request -> answer(request, service, now.check.localEndpoints()));
    listening.put(service, now);
    next(() ->
        now.server
            .listen(check.port(), anyAddress)
            .<Void>mapEmpty()
            .onFailure(e ->
                LOG.atWarn()
                    .addKeyValue("service", service)
                    .addKeyValue("healthCheckNodePort", check.port())
                    .addKeyValue("cause", e.getMessage())
                    .log("A Service's health cannot be asked for on this node")));
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
    listening.values().forEach(known -> next(known.server::close));
    listening.clear();
    return Uni.createFrom().completionStage(() -> last.toCompletionStage());
  }
}
