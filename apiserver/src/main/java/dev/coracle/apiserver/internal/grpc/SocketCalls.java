package dev.coracle.apiserver.internal.grpc;

import com.google.protobuf.CodedOutputStream;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Unary calls of one service on a UNIX socket. Safe on any thread. */
public final class SocketCalls {

  private final GrpcClient client;
  private final SocketAddress address;
  private final ServiceName service;
  private final String who;

  /**
   * @param service {@code v2.KeyManagementService}
   * @param who for failures: {@code the KMS plugin at /run/kms.sock}
   */
  public SocketCalls(Vertx vertx, String path, String service, String who) {
    this.client = GrpcClient.client(vertx);
    this.address = SocketAddress.domainSocketAddress(path);
    this.service = ServiceName.create(service);
    this.who = who;
  }

  /** Writes a message's fields. */
  @FunctionalInterface
  public interface Body {
    void write(CodedOutputStream out) throws IOException;
  }

  /** Fails with words for the user. */
  public Future<WireFields> call(String method, Body body, Duration timeout) {
    return client
        .request(address)
        .compose(request -> {
          request.serviceName(service);
          request.methodName(method);
          // On the event loop, so that the answer cannot pass before somebody reads it.
          return request
              .send(Buffer.buffer(encode(body)))
              .compose(response ->
                  response.status() != null && response.status() != GrpcStatus.OK
                      ? Future.<Buffer>failedFuture(
                          new Refused(response.status(), String.valueOf(response.statusMessage())))
                      : response.last());
        })
        .map(buffer -> WireFields.read(buffer.getBytes()))
        .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .recover(e ->
            Future.failedFuture(
                new IllegalStateException(who + " fails at " + method + ": " + e.getMessage(), e)));
  }

  /** The name of the gRPC status with which a call failed, as Go writes it. */
  public static String code(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof Refused refused) {
        return Stream.of(refused.status.name().split("_"))
            .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
            .collect(Collectors.joining());
      }
      if (at instanceof TimeoutException) {
        return "DeadlineExceeded";
      }
    }
    return "Unavailable";
  }

  /** What the service answers instead. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final GrpcStatus status;

    Refused(GrpcStatus status, String message) {
      super(status + " " + message, null, false, false);
      this.status = status;
    }
  }

  public void close() {
    client.close();
  }

  public static byte[] encode(Body body) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      body.write(out);
      out.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
