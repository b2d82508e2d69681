package dev.coracle.client.net;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;

/**
 * The body of an answer that somebody else may make as long as he likes. To be read on the answer's
 * event loop, at once, so that none of it has passed.
 */
public final class BoundedBody {

  private BoundedBody() {}

  /** All of it; a longer one is a failure, and is received no further. */
  public static Future<Buffer> whole(HttpClientResponse response, int mostBytes) {
    Promise<Buffer> promise = Promise.promise();
    Buffer all = Buffer.buffer();
    response.handler(part -> {
      if (all.length() + part.length() <= mostBytes) {
        all.appendBuffer(part);
      } else if (promise.tryFail("the answer is larger than " + mostBytes + " bytes")) {
        response.request().reset();
      }
    });
    return ended(response, promise, all);
  }

  /** As much of it as there is up to the bound; the rest is not received. */
  public static Future<Buffer> beginning(HttpClientResponse response, int mostBytes) {
    Promise<Buffer> promise = Promise.promise();
    Buffer all = Buffer.buffer();
    response.handler(part -> {
      int room = mostBytes - all.length();
      all.appendBuffer(part, 0, Math.min(room, part.length()));
      if (part.length() > room && promise.tryComplete(all)) {
        response.request().reset();
      }
    });
    return ended(response, promise, all);
  }

  private static Future<Buffer> ended(
      HttpClientResponse response, Promise<Buffer> promise, Buffer all) {
    response.exceptionHandler(promise::tryFail);
    response.endHandler(_ -> promise.tryComplete(all));
    return promise.future();
  }
}
