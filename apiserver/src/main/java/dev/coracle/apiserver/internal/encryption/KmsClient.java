package dev.coracle.apiserver.internal.encryption;

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
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * {@code v2.KeyManagementService} on a UNIX socket. Its messages are few and small and are written
 * by hand.
 */
final class KmsClient {

  private static final ServiceName SERVICE = ServiceName.create("v2", "KeyManagementService");

  /** An encrypted data key. */
  record Sealed(byte[] ciphertext, String keyId, Map<String, byte[]> annotations) {}

  /** What {@code Status} answers. */
  record State(String version, String healthz, String keyId) {}

  private final GrpcClient client;
  private final SocketAddress address;
  private final String path;
  private final Duration timeout;

  KmsClient(Vertx vertx, String path, Duration timeout) {
    this.timeout = timeout;
    this.client = GrpcClient.client(vertx);
    this.address = SocketAddress.domainSocketAddress(path);
    this.path = path;
  }

  Future<State> status() {
    return call("Status", _ -> {})
        .map(fields -> new State(fields.text(1), fields.text(2), fields.text(3)));
  }

  Future<Sealed> encrypt(byte[] plain, String uid) {
    return call(
            "Encrypt",
            out -> {
              out.writeByteArray(1, plain);
              out.writeString(2, uid);
            })
        .map(fields -> new Sealed(fields.bytes(1), fields.text(2), fields.map(3)));
  }

  Future<byte[]> decrypt(Sealed sealed, String uid) {
    return call(
            "Decrypt",
            out -> {
              out.writeByteArray(1, sealed.ciphertext());
              out.writeString(2, uid);
              out.writeString(3, sealed.keyId());
              for (var entry : sealed.annotations().entrySet()) {
                out.writeByteArray(4, WireFields.entry(entry.getKey(), entry.getValue()));
              }
            })
        .map(fields -> fields.bytes(1));
  }

  void close() {
    client.close();
  }

  @FunctionalInterface
  interface Body {
    void write(CodedOutputStream out) throws IOException;
  }

  private Future<WireFields> call(String method, Body body) {
    return client
        .request(address)
        .compose(request -> {
          request.serviceName(SERVICE);
          request.methodName(method);
          // On the event loop, so that the answer cannot pass before somebody reads it.
          return request
              .send(Buffer.buffer(encode(body)))
              .compose(response ->
                  response.status() != null && response.status() != GrpcStatus.OK
                      ? Future.<Buffer>failedFuture(
                          response.status() + " " + String.valueOf(response.statusMessage()))
                      : response.last());
        })
        .map(buffer -> WireFields.read(buffer.getBytes()))
        .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .recover(e ->
            Future.failedFuture(
                new IllegalStateException(
                    "the KMS plugin at " + path + " fails at " + method + ": " + e.getMessage(),
                    e)));
  }

  static byte[] encode(Body body) {
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
