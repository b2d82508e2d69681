package dev.coracle.client.internal.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Sends a request again when the server says when, as client-go does: on 429 or a failure of its
 * own, with {@code Retry-After}, ten times at most. Such an answer says that nothing was done, so
 * it holds for every method.
 */
public final class Retries {

  private static final int MOST = 10;

  /** A server that wants more is believed to be away. */
  private static final long LONGEST_SECONDS = Duration.ofMinutes(1).toSeconds();

  private Retries() {}

  /**
   * The first answer that does not say when to try again, or the last.
   *
   * @param attempt gives a paused response, of any code
   */
  public static Future<HttpClientResponse> send(
      Vertx vertx, Supplier<Future<HttpClientResponse>> attempt) {
    return send(vertx, attempt, MOST);
  }

  private static Future<HttpClientResponse> send(
      Vertx vertx, Supplier<Future<HttpClientResponse>> attempt, int left) {
    return attempt
        .get()
        .compose(response -> {
          int seconds = afterSeconds(response);
          boolean again =
              seconds >= 0
                  && seconds <= LONGEST_SECONDS
                  && left > 0
                  && (response.statusCode() == 429 || response.statusCode() >= 500);
          if (!again) {
            return Future.succeededFuture(response);
          }
          Future<?> end = response.end();
          response.resume();
          return end.compose(_ ->
                  seconds == 0 ? Future.succeededFuture() : vertx.timer(seconds, TimeUnit.SECONDS))
              .compose(_ -> send(vertx, attempt, left - 1));
        });
  }

  /** Negative where the answer does not say it in seconds. */
  public static int afterSeconds(HttpClientResponse response) {
    String header = response.getHeader("Retry-After");
    try {
      return header == null ? -1 : Integer.parseInt(header.strip());
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
