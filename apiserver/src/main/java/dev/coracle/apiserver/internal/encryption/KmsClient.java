package dev.coracle.apiserver.internal.encryption;

import dev.coracle.apiserver.internal.grpc.SocketCalls;
import dev.coracle.apiserver.internal.grpc.WireFields;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;

/** {@code v2.KeyManagementService} on a UNIX socket. */
final class KmsClient {

  /** An encrypted data key. */
  record Sealed(byte[] ciphertext, String keyId, Map<String, byte[]> annotations) {}

  /** What {@code Status} answers. */
  record State(String version, String healthz, String keyId) {}

  private final SocketCalls calls;
  private final Duration timeout;
  private final KmsMeters meters;

  KmsClient(Vertx vertx, String path, Duration timeout, KmsMeters meters) {
    this.timeout = timeout;
    this.meters = meters;
    this.calls =
        new SocketCalls(vertx, path, "v2.KeyManagementService", "the KMS plugin at " + path);
  }

  Future<State> status() {
    return meters
        .timed("Status", calls.call("Status", _ -> {}, timeout))
        .map(fields -> new State(fields.text(1), fields.text(2), fields.text(3)));
  }

  Future<Sealed> encrypt(byte[] plain, String uid) {
    return meters
        .timed(
            "Encrypt",
            calls.call(
                "Encrypt",
                out -> {
                  out.writeByteArray(1, plain);
                  out.writeString(2, uid);
                },
                timeout))
        .map(fields -> new Sealed(fields.bytes(1), fields.text(2), fields.map(3)));
  }

  Future<byte[]> decrypt(Sealed sealed, String uid) {
    return meters
        .timed(
            "Decrypt",
            calls.call(
                "Decrypt",
                out -> {
                  out.writeByteArray(1, sealed.ciphertext());
                  out.writeString(2, uid);
                  out.writeString(3, sealed.keyId());
                  for (var entry : sealed.annotations().entrySet()) {
                    out.writeByteArray(4, WireFields.entry(entry.getKey(), entry.getValue()));
                  }
                },
                timeout))
        .map(fields -> fields.bytes(1));
  }

  void close() {
    calls.close();
  }
}
