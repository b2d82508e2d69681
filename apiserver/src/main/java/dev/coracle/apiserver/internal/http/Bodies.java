package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.Yaml;
import dev.coracle.apiserver.internal.protobuf.ProtobufReader;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads request bodies: at most so many bytes, within so much time. */
public final class Bodies {

  private final Vertx vertx;
  private final int maxBytes;
  private final long timeoutMillis;

  public Bodies(Vertx vertx, int maxBytes, Duration timeout) {
    this.vertx = vertx;
    this.maxBytes = maxBytes;
    this.timeoutMillis = timeout.toMillis();
  }

  public int maxBytes() {
    return maxBytes;
  }

  /**
   * Reads a paused request to its end; fails with {@code RequestEntityTooLarge} or {@code Timeout}.
   */
  public Future<byte[]> read(HttpServerRequest request) {
    String length = request.getHeader("Content-Length");
    if (length != null && length.length() < 19 && parse(length) > maxBytes) {
      return Future.failedFuture(tooLarge());
    }
    Promise<byte[]> promise = Promise.promise();
    Buffer all = Buffer.buffer();
    long timer =
        vertx.setTimer(
            timeoutMillis,
            _ ->
                promise.tryFail(
                    StatusException.of(
                        StatusReason.TIMEOUT, "the request's body did not arrive in time")));
    request.handler(chunk -> {
      if (all.length() + chunk.length() > maxBytes) {
        request.handler(_ -> {});
        promise.tryFail(tooLarge());
      } else {
        all.appendBuffer(chunk);
      }
    });
    request.exceptionHandler(promise::tryFail);
    request.endHandler(_ -> promise.tryComplete(all.getBytes()));
    request.resume();
    return promise.future().onComplete(_ -> vertx.cancelTimer(timer));
  }

  /** A body as a tree, for the audit; null when it is none. */
  static @Nullable JsonNode tree(byte[] body, String mediaType) {
    try {
      return switch (mediaType) {
        case "application/vnd.kubernetes.protobuf" -> ProtobufReader.read(body);
        case "application/yaml",
            "application/x-yaml",
            "text/yaml",
            "application/apply-patch+yaml" ->
            Yaml.parse(body, body.length + 1);
        default -> Json.parse(body);
      };
    } catch (StatusException e) {
      return null;
    }
  }

  /** Without its parameters. */
  static String mediaType(String contentType) {
    int end = contentType.indexOf(';');
    return (end < 0 ? contentType : contentType.substring(0, end)).trim();
  }

  /** An object or options in none of the forms that are spoken. */
  static StatusException unknownFormat() {
    return unknownFormat(Arrays.stream(Negotiation.Form.values()).map(Negotiation.Form::mediaType));
  }

  static StatusException unknownFormat(Stream<String> known) {
    return StatusException.of(
        StatusReason.UNSUPPORTED_MEDIA_TYPE,
        "the body of the request was in an unknown format - accepted media types include: "
            + known.collect(Collectors.joining(", ")));
  }

  private static long parse(String length) {
    try {
      return Long.parseLong(length.trim());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private StatusException tooLarge() {
    return StatusException.of(
        StatusReason.REQUEST_ENTITY_TOO_LARGE, "Request entity too large: limit is " + maxBytes);
  }
}
