package dev.coracle.proxy.internal;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * kube-proxy's {@code /metrics}, {@code /proxyMode}, the way of balancing as a word, {@code
 * /configz}, what it goes by, and {@code /healthz}, which says {@code ok} as long as the process
 * answers. Upstream's default is port 10249 of the loopback address; whoever reaches it may read.
 */
public final class ProxyDocuments {

  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private static final String JSON = "application/json";

  private final String mode;
  private final String configz;
  private final Supplier<String> metrics;
  private final MachinePort port;

  /**
   * @param configz its configuration as JSON
   * @param metrics the proxy's own as Prometheus text
   * @param address where to listen; empty for no server
   */
  public ProxyDocuments(
      Vertx vertx,
      String mode,
      String configz,
      Supplier<String> metrics,
      Optional<SocketAddress> address) {
    this.mode = mode;
    this.configz = configz;
    this.metrics = metrics;
    this.port = new MachinePort(vertx, "metrics", address, this::answer);
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
    switch (String.valueOf(request.path())) {
      case "/metrics" -> answer(request, PROMETHEUS, metrics.get());
      case "/proxyMode" -> answer(request, TEXT, mode);
      case "/configz" -> answer(request, JSON, configz);
      case "/healthz" -> answer(request, TEXT, "ok");
      default -> MachinePort.notFound(request);
    }
  }

  private static void answer(HttpServerRequest request, String type, String text) {
    request
        .response()
        .putHeader("Content-Type", type)
        .putHeader("X-Content-Type-Options", "nosniff")
        .end(text);
  }

  public Uni<Void> close() {
    return port.close();
  }
}
