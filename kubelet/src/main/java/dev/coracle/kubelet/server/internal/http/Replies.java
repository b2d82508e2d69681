package dev.coracle.kubelet.server.internal.http;

import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/** Short plain answers. The API server turns the text of an error into a Status for its client. */
final class Replies {
  private Replies() {}

  static void text(RoutingContext rc, int status, String body) {
    if (rc.response().ended() || rc.response().headWritten()) {
      return;
    }
    rc.response()
        .setStatusCode(status)
        .putHeader("Content-Type", "text/plain; charset=utf-8")
        .putHeader("X-Content-Type-Options", "nosniff")
        .end(body);
  }

  static void failure(RoutingContext rc, int status, Throwable cause) {
    text(rc, status, message(cause));
  }

  static void json(RoutingContext rc, byte[] body) {
    rc.response()
        .putHeader("Content-Type", "application/json")
        .end(io.vertx.core.buffer.Buffer.buffer(body));
  }

  /** What is said of a failure: its message, without class names where there is one. */
  static String message(Throwable cause) {
    Throwable t =
        cause instanceof java.util.concurrent.CompletionException && cause.getCause() != null
            ? cause.getCause()
            : cause;
    @Nullable String message = t.getMessage();
    return message == null || message.isEmpty() ? t.getClass().getSimpleName() : message;
  }
}
