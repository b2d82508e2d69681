package dev.coracle.client.internal.http;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import java.time.Duration;

/**
 * Notices that the other side of an HTTP/2 connection is gone without a word, as when a cable is
 * cut: a watch has no timeout of its own and would wait for hours. The figures are client-go's: a
 * ping every 30 seconds, and 15 for its answer. Owned by the connection's event loop.
 */
public final class ConnectionHealth {

  private static final Duration EVERY = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final Vertx vertx;
  private final HttpConnection connection;
  private final long patienceMillis;
  private long limit = -1;

  private ConnectionHealth(Vertx vertx, HttpConnection connection, Duration patience) {
    this.vertx = vertx;
    this.connection = connection;
    this.patienceMillis = patience.toMillis();
  }

  /** Closes the connection when it does not answer any more. */
  public static void watch(Vertx vertx, HttpConnection connection) {
    watch(vertx, connection, EVERY, PATIENCE);
  }

  static void watch(Vertx vertx, HttpConnection connection, Duration every, Duration patience) {
    if (!isHttp2(connection)) {
      return;
    }
    ConnectionHealth health = new ConnectionHealth(vertx, connection, patience);
    long timer = vertx.setPeriodic(every.toMillis(), _ -> health.ping());
    connection.closeHandler(_ -> {
      vertx.cancelTimer(timer);
      vertx.cancelTimer(health.limit);
    });
  }

  /** HTTP/1.1 has neither settings nor pings; its requests have timeouts. */
  private static boolean isHttp2(HttpConnection connection) {
    try {
      return connection.settings() != null;
    } catch (UnsupportedOperationException e) {
      return false;
    }
  }

  private void ping() {
    vertx.cancelTimer(limit);
    limit = vertx.setTimer(patienceMillis, _ -> connection.close());
    connection
        .ping(Buffer.buffer(new byte[8]))
        .onSuccess(_ -> vertx.cancelTimer(limit))
        .onFailure(_ -> connection.close());
  }
}
