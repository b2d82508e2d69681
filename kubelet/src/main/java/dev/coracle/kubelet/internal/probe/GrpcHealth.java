package dev.coracle.kubelet.internal.probe;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.probe.Handlers.Outcome;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * {@code grpc.health.v1.Health/Check} (gRPC Health Checking Protocol); its two one-field messages
 * are written by hand.
 */
final class GrpcHealth implements AutoCloseable {
  private static final int SERVING = 1;
  private static final String[] STATES = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

  private final GrpcClient client;

  GrpcHealth(Vertx vertx) {
    this.client = GrpcClient.client(vertx);
  }

  Outcome check(String host, int port, String service, Duration limit) {
    CompletableFuture<GrpcClientRequest<Buffer, Buffer>> sent = new CompletableFuture<>();
    Future<Outcome> answer =
        client
            .request(SocketAddress.inetSocketAddress(port, host))
            .compose(request -> {
              sent.complete(request);
              request.serviceName(ServiceName.create("grpc.health.v1", "Health"));
              request.methodName("Check");
              // On the event loop, so that the answer cannot pass before somebody reads it.
              return request.send(message(service)).compose(GrpcHealth::outcome);
            });
    String within = GoText.duration(limit);
    String unreached =
        "timeout: failed to connect service \""
            + Handlers.authority(host, port)
            + "\" within "
            + within
            + ": context deadline exceeded";
    try {
      return answer
          .toCompletionStage()
          .toCompletableFuture()
          .get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      sent.thenAccept(GrpcClientRequest::cancel);
      return Outcome.failure(
          sent.isDone() ? "timeout: health rpc did not complete within " + within : unreached);
    } catch (ExecutionException e) {
      // Nobody listens, or one who does not speak gRPC. Upstream tries for as long as it may, and
      // so says that the time is over whatever it was.
      return Outcome.failure(unreached);
    } catch (InterruptedException e) {
      sent.thenAccept(GrpcClientRequest::cancel);
      Thread.currentThread().interrupt();
      return Outcome.failure("error: context canceled");
    }
  }

  private static Future<Outcome> outcome(GrpcClientResponse<Buffer, Buffer> response) {
    if (isRefused(response)) {
      return Future.succeededFuture(refused(response));
    }
    return response
        .last()
        .map(message -> {
          int status = status(message);
          return status == SERVING
              ? Outcome.SUCCESS
              : Outcome.failure("service unhealthy (responded with \"" + word(status) + "\")");
        })
        .recover(e ->
            isRefused(response)
                ? Future.succeededFuture(refused(response))
                : Future.failedFuture(e));
  }

  private static boolean isRefused(GrpcClientResponse<Buffer, Buffer> response) {
    return response.status() != null && response.status() != GrpcStatus.OK;
  }

  private static String word(int status) {
    return status >= 0 && status < STATES.length ? STATES[status] : Integer.toString(status);
  }

  private static Outcome refused(GrpcClientResponse<Buffer, Buffer> response) {
    GrpcStatus status = response.status();
    String why = Objects.requireNonNullElse(response.statusMessage(), "");
    return Outcome.failure(
        status == GrpcStatus.UNIMPLEMENTED
            ? "error: this server does not implement the grpc health protocol"
                + " (grpc.health.v1.Health): "
                + why
            : "error: health rpc probe failed: rpc error: code = "
                + code(status)
                + " desc = "
                + why);
  }

  /** As Go writes it: {@code NotFound}. */
  private static String code(GrpcStatus status) {
    if (status == GrpcStatus.CANCELLED) {
      return "Canceled";
    }
    return Arrays.stream(status.name().split("_"))
        .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
        .collect(Collectors.joining());
  }

  private static Buffer message(String service) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      if (!service.isEmpty()) {
        out.writeString(1, service);
      }
      out.flush();
      return Buffer.buffer(bytes.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int status(Buffer message) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(message.getBytes());
      int status = 0;
      int tag = in.readTag();
      while (tag != 0) {
        if (WireFormat.getTagFieldNumber(tag) == 1) {
          status = in.readEnum();
        } else {
          in.skipField(tag);
        }
        tag = in.readTag();
      }
      return status;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    client.close().onFailure(e -> {});
  }
}
