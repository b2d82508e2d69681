package dev.coracle.proxy.internal;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * kube-proxy's {@code /healthz}, by which load balancers choose nodes for Services with {@code
 * externalTrafficPolicy: Cluster}, and {@code /livez}, which does not say whether the node is to
 * get traffic. 200 or 503, with upstream's JSON. Where its port is taken, as by another cluster on
 * the machine, it is tried again until it is free.
 */
public final class HealthServer {

  private static final Logger LOG = LoggerFactory.getLogger(HealthServer.class);
  private static final Duration RETRY = Duration.ofSeconds(5);

  /** A connection on which nothing is asked for a minute is closed. */
  private static final HttpServerOptions OPTIONS = new HttpServerOptions().setIdleTimeout(60);

  /** As Go prints a time. */
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("yyyy-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendLiteral(" +0000 UTC")
          .toFormatter(Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final Instant NEVER = Instant.parse("0001-01-01T00:00:00Z");

  private final Vertx vertx;
  private final ProxyHealth health;
  private final MeterRegistry registry;
  private final Optional<SocketAddress> address;
  private @Nullable HttpServer server;
  private boolean closed;
  private boolean told;

  /**
   * @param address where to listen; empty for no server
   */
  public HealthServer(
      Vertx vertx, ProxyHealth health, MeterRegistry registry, Optional<SocketAddress> address) {
    this.vertx = vertx;
    this.health = health;
    this.registry = registry;
    this.address = address;
  }

  /** Begins to listen; does not wait for it. */
  public synchronized void open() {
    if (address.isEmpty() || closed) {
      return;
    }
    HttpServer one = vertx.createHttpServer(OPTIONS).requestHandler(this::answer);
    server = one;
    one.listen(address.get()).onFailure(this::again);
  }

  private synchronized void again(Throwable failure) {
    server = null;
    if (closed) {
      return;
    }
    if (!told) {
      told = true;
      LOG.atWarn()
          .addKeyValue("address", address.orElse(null))
          .addKeyValue("cause", failure.getMessage())
          .log("The proxy's health cannot be asked for; trying again");
    }
    vertx.setTimer(RETRY.toMillis(), _ -> open());
  }

  /** Where it listens; -1 while it does not. */
  public synchronized int port() {
    return server == null ? -1 : server.actualPort();
  }

  private void answer(HttpServerRequest request) {
    ProxyHealth.Report report = health.report();
    switch (String.valueOf(request.path())) {
      case "/healthz" ->
          answer(
              request,
              "kubeproxy_proxy_healthz_total",
              report.keepsUp() && report.eligible(),
              times(report) + ", \"nodeEligible\": " + report.eligible());
      case "/livez" ->
          answer(request, "kubeproxy_proxy_livez_total", report.keepsUp(), times(report));
      default ->
          request
              .response()
              .setStatusCode(404)
              .putHeader("Content-Type", "text/plain; charset=utf-8")
              .end("404 page not found\n");
    }
  }

  private static String times(ProxyHealth.Report report) {
    Instant updated = report.updated() == null ? NEVER : report.updated();
    return "\"lastUpdated\": \""
        + TIME.format(updated)
        + "\",\"currentTime\": \""
        + TIME.format(report.now())
        + "\"";
  }

  private void answer(HttpServerRequest request, String counter, boolean well, String fields) {
    int code = well ? 200 : 503;
    registry.counter(counter, "code", String.valueOf(code)).increment();
    request
        .response()
        .setStatusCode(code)
        .putHeader("Content-Type", "application/json")
        .putHeader("X-Content-Type-Options", "nosniff")
        .end("{" + fields + "}");
  }

  public synchronized Uni<Void> close() {
    closed = true;
    HttpServer open = server;
    server = null;
    return open == null
        ? Uni.createFrom().voidItem()
        : Uni.createFrom().completionStage(() -> open.close().toCompletionStage());
  }
}
