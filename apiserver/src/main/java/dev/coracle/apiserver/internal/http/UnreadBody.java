package dev.coracle.apiserver.internal.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What nobody has read of a request that is answered, since it was refused or is too large. It is
 * thrown away: a connection on which it stays is good for no other request.
 */
final class UnreadBody {

  /** Who sends more for nothing is cut off. */
  private static final long MOST_BYTES = 64L << 20;

  private UnreadBody() {}

  /** To be called before the response ends. */
  static void discard(HttpServerRequest request) {
    HttpMethod method = request.method();
    if (method == HttpMethod.GET || method == HttpMethod.HEAD || request.isEnded()) {
      return;
    }
    AtomicLong bytes = new AtomicLong();
    request.exceptionHandler(_ -> {});
    request.handler(part -> {
      if (bytes.addAndGet(part.length()) > MOST_BYTES) {
        request.connection().close();
      }
    });
    request.resume();
  }
}
