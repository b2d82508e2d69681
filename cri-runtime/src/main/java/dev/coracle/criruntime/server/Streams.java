package dev.coracle.criruntime.server;

import io.vertx.core.Future;
import io.vertx.core.streams.WriteStream;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServerResponse;
import io.vertx.grpc.server.StatusException;
import java.util.List;
import java.util.function.Function;

/** Sends a list in parts, so that no message grows beyond what gRPC takes. */
public final class Streams {
  private static final int PART = 100;

  private Streams() {}

  public static <T, M> void each(
      Future<List<T>> list, WriteStream<M> response, Function<List<T>, M> message) {
    list.onComplete(ar -> {
      if (ar.failed()) {
        fail(response, ar.cause());
        return;
      }
      List<T> items = ar.result();
      for (int i = 0; i < items.size(); i += PART) {
        response.write(message.apply(items.subList(i, Math.min(items.size(), i + PART))));
      }
      response.end();
    });
  }

  public static void fail(WriteStream<?> response, Throwable cause) {
    if (response instanceof GrpcServerResponse<?, ?> grpc) {
      if (cause instanceof StatusException e) {
        grpc.status(e.status()).statusMessage(e.message());
      } else {
        grpc.status(GrpcStatus.INTERNAL).statusMessage(String.valueOf(cause.getMessage()));
      }
    }
    response.end();
  }
}
