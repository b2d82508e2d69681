package dev.coracle.apiserver.internal.authn;

import dev.coracle.apiserver.internal.grpc.SocketCalls;
import dev.coracle.apiserver.internal.grpc.WireFields;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** {@code v1.ExternalJWTSigner} on a UNIX socket (KEP-740). */
final class SignerClient {

  private static final Duration TO_SIGN = Duration.ofSeconds(10);
  private static final Duration TO_FETCH = Duration.ofMinutes(1);
  private static final int LONGEST_ID = 1024;

  /** Both as they stand in a token. */
  record Signed(String header, String signature) {}

  /**
   * @param excluded only for tokens that were signed formerly, and not told to others
   */
  record Key(WebKey key, boolean excluded) {}

  /**
   * @param read when the signer had them from where they come from
   * @param refresh after how long they are to be asked for again
   */
  record Keys(List<Key> all, Instant read, Duration refresh) {}

  private final SocketCalls calls;

  SignerClient(Vertx vertx, Path socket) {
    this.calls =
        new SocketCalls(
            vertx,
            socket.toString(),
            "v1.ExternalJWTSigner",
            "the signer of service account tokens at " + socket);
  }

  /**
   * @param claims as they stand in the token
   */
  Future<Signed> sign(String claims) {
    return calls
        .call("Sign", out -> out.writeString(1, claims), TO_SIGN)
        .map(fields -> new Signed(fields.text(1), fields.text(2)));
  }

  Future<Keys> fetchKeys() {
    return calls.call("FetchKeys", _ -> {}, TO_FETCH).map(SignerClient::keys);
  }

  Future<Long> maxExpirationSeconds() {
    return calls.call("Metadata", _ -> {}, TO_SIGN).map(fields -> fields.number(1));
  }

  void close() {
    calls.close();
  }

  private static Keys keys(WireFields fields) {
    long refresh = fields.number(3);
    if (refresh <= 0) {
      throw new IllegalStateException("found invalid refresh hint (" + refresh + "s)");
    }
    List<Key> keys = new ArrayList<>();
    for (byte[] message : fields.all(1)) {
      WireFields key = WireFields.read(message);
      String id = key.text(1);
      if (id.isEmpty() || id.length() > LONGEST_ID) {
        throw new IllegalStateException("found invalid public key id \"" + id + "\"");
      }
      if (key.bytes(2).length == 0) {
        throw new IllegalStateException("found empty public key");
      }
      keys.add(new Key(new WebKey(id, publicKey(key.bytes(2))), key.number(3) != 0));
    }
    if (keys.isEmpty()) {
      throw new IllegalStateException("found no keys");
    }
    if (fields.all(2).isEmpty()) {
      throw new IllegalStateException("invalid data timestamp: invalid nil Timestamp");
    }
    WireFields time = WireFields.read(fields.bytes(2));
    return new Keys(
        keys,
        Instant.ofEpochSecond(time.number(1), time.number(2)),
        Duration.ofSeconds(Math.min(refresh, Duration.ofDays(1).toSeconds())));
  }

  private static PublicKey publicKey(byte[] pkix) {
    for (String algorithm : List.of("RSA", "EC")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(pkix));
      } catch (GeneralSecurityException e) {
        continue; // It may be the other.
      }
    }
    throw new IllegalStateException(
        "while parsing external public keys: neither an RSA nor an EC key");
  }
}
