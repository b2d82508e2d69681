package dev.coracle.proxy.internal;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.Optional;

/**
 * kube-proxy's {@code /healthz}, by which load balancers choose nodes for Services with {@code
 * externalTrafficPolicy: Cluster}, and {@code /livez}, which does not say whether the node is to
 * get traffic. 200 or 503, with upstream's JSON.
 */
public final class HealthServer {

  /** As Go prints a time. */
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("yyyy-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendLiteral(" +0000 UTC")
          .toFormatter(Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final Instant NEVER = Instant.parse("0001-01-01T00:00:00Z");

  private final ProxyHealth health;
  private final MeterRegistry registry;
  private final MachinePort port;

  /**
   * @param address where to listen; empty for no server
   */
  public HealthServer(
      Vertx vertx, ProxyHealth health, MeterRegistry registry, Optional<SocketAddress> address) {
    this.health = health;
    this.registry = registry;
    this.port = new MachinePort(vertx, "health", address, this::answer);
  }

  /** Begins to listen; does not wait for it. */
  public void open() {
    port.open();
  }

  /** Where it listens; -1 while it does not. */
  public int port() {
    return port.port();
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
      default -> MachinePort.notFound(request);
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

  public Uni<Void> close() {
    return port.close();
  }
}
