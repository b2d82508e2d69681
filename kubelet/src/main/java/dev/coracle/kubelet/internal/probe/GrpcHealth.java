package dev.coracle.kubelet.internal.probe;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.coracle.kubelet.internal.probe.Handlers.Outcome;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

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
    String where = Handlers.authority(host, port);
    CompletableFuture<GrpcClientRequest<Buffer, Buffer>> sent = new CompletableFuture<>();
    Future<Integer> answer =
        client
            .request(SocketAddress.inetSocketAddress(port, host))
            .compose(request -> {
              sent.complete(request);
              request.serviceName(ServiceName.create("grpc.health.v1", "Health"));
              request.methodName("Check");
              // On the event loop, so that the answer cannot pass before somebody reads it.
              return request
                  .send(message(service))
                  .compose(response ->
                      response.status() != null && response.status() != GrpcStatus.OK
                          ? Future.failedFuture(response.status().name())
                          : response.last().map(GrpcHealth::status));
            });
    try {
      int status =
          answer
              .toCompletionStage()
              .toCompletableFuture()
              .get(limit.toMillis(), TimeUnit.MILLISECONDS);
      String word = status >= 0 && status < STATES.length ? STATES[status] : "UNKNOWN";
      return status == SERVING
          ? Outcome.SUCCESS
          : Outcome.failure("service unhealthy (responded with \"" + word + "\")");
    } catch (TimeoutException e) {
      sent.thenAccept(GrpcClientRequest::cancel);
      return Outcome.failure(
          "timeout: failed to connect service \"" + where + "\" within " + limit.toSeconds() + "s");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return Outcome.failure(
          "error: failed to connect service \"" + where + "\": " + cause.getMessage());
    } catch (InterruptedException e) {
      sent.thenAccept(GrpcClientRequest::cancel);
      Thread.currentThread().interrupt();
      return Outcome.failure("error: context canceled");
    }
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
