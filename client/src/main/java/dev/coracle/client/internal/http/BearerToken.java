package dev.coracle.client.internal.http;

import dev.coracle.client.config.HttpsClientOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The token to send. One from a file is read again when it is older than a minute, since bound
 * tokens are rotated long before they expire; a file that cannot be read leaves the last token in
 * use.
 */
public final class BearerToken {

  private static final long FRESH_NANOS = Duration.ofMinutes(1).toNanos();

  private record Read(String token, long at) {}

  private final Vertx vertx;
  private final Optional<Path> file;
  private volatile Read last;

  public BearerToken(Vertx vertx, HttpsClientOptions options) {
    this.vertx = vertx;
    this.file = options.tokenFile();
    this.last = new Read(options.token().orElse(""), System.nanoTime() - FRESH_NANOS);
  }

  /** Empty where there is none. */
  public Future<String> current() {
    Read read = last;
    if (file.isEmpty() || System.nanoTime() - read.at() < FRESH_NANOS) {
      return Future.succeededFuture(read.token());
    }
    return vertx
        .fileSystem()
        .readFile(file.get().toString())
        .map(bytes -> {
          last = new Read(bytes.toString().trim(), System.nanoTime());
          return last.token();
        })
        .recover(failure ->
            read.token().isEmpty()
                ? Future.failedFuture(failure)
                : Future.succeededFuture(read.token()));
  }
}
