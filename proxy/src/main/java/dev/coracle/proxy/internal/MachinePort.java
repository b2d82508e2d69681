package dev.coracle.proxy.internal;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP server at an address of the machine. Where its port is taken, as by another cluster on
 * the machine, it is tried again until it is free. Safe for any thread.
 */
final class MachinePort {

  private static final Logger LOG = LoggerFactory.getLogger(MachinePort.class);
  private static final Duration RETRY = Duration.ofSeconds(5);

  /** A connection on which nothing is asked for a minute is closed. */
  private static final HttpServerOptions OPTIONS = new HttpServerOptions().setIdleTimeout(60);

  private final Vertx vertx;
  private final Consumer<Throwable> whenTaken;
  private final Optional<SocketAddress> address;
  private final Handler<HttpServerRequest> answer;
  private @Nullable HttpServer server;
  private boolean closed;
  private boolean told;

  /**
   * @param what can be asked for there, for the log
   * @param address where to listen; empty for no server
   */
  MachinePort(
      Vertx vertx,
      String what,
      Optional<SocketAddress> address,
      Handler<HttpServerRequest> answer) {
    this(
        vertx,
        address,
        answer,
        failure ->
            LOG.atWarn()
                .addKeyValue("what", what)
                .addKeyValue("address", address.orElse(null))
                .addKeyValue("cause", failure.getMessage())
                .log("The proxy cannot be asked; trying again"));
  }

  /**
   * @param whenTaken told why it does not listen at first; not of what fails later
   */
  MachinePort(
      Vertx vertx,
      Optional<SocketAddress> address,
      Handler<HttpServerRequest> answer,
      Consumer<Throwable> whenTaken) {
    this.vertx = vertx;
    this.address = address;
    this.answer = answer;
    this.whenTaken = whenTaken;
  }

  /** Begins to listen; completes when it was tried once, however that went. */
  synchronized Future<Void> open() {
    if (address.isEmpty() || closed) {
      return Future.succeededFuture();
    }
    HttpServer one = vertx.createHttpServer(OPTIONS).requestHandler(answer);
    server = one;
    return one.listen(address.get()).onFailure(this::again).<Void>mapEmpty().otherwiseEmpty();
  }

  private synchronized void again(Throwable failure) {
    server = null;
    if (closed) {
      return;
    }
    if (!told) {
      told = true;
      whenTaken.accept(failure);
    }
    vertx.setTimer(RETRY.toMillis(), _ -> open());
  }

  /** Where it listens; -1 while it does not. */
  synchronized int port() {
    return server == null ? -1 : server.actualPort();
  }

  static void notFound(HttpServerRequest request) {
    request
        .response()
        .setStatusCode(404)
        .putHeader("Content-Type", "text/plain; charset=utf-8")
        .end("404 page not found\n");
  }

  synchronized Uni<Void> close() {
    closed = true;
    HttpServer open = server;
    server = null;
    return open == null
        ? Uni.createFrom().voidItem()
        : Uni.createFrom().completionStage(() -> open.close().toCompletionStage());
  }
}
