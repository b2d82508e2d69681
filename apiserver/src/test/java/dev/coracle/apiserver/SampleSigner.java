package dev.coracle.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.grpc.SocketCalls;
import dev.coracle.apiserver.internal.grpc.WireFields;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A sample ExternalJWTSigner with keys in memory; the last of them signs. */
final class SampleSigner implements AutoCloseable {

  private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();

  /**
   * @param algorithm as in a token's header
   */
  record Key(String id, String algorithm, KeyPair pair, boolean excluded) {
    static Key of(String id, String algorithm, boolean excluded) throws Exception {
      KeyPairGenerator generator =
          KeyPairGenerator.getInstance(algorithm.startsWith("ES") ? "EC" : "RSA");
      switch (algorithm) {
        case "ES256" -> generator.initialize(new ECGenParameterSpec("secp256r1"));
        case "ES384" -> generator.initialize(new ECGenParameterSpec("secp384r1"));
        case "ES512" -> generator.initialize(new ECGenParameterSpec("secp521r1"));
        default -> generator.initialize(2048);
      }
      return new Key(id, algorithm, generator.generateKeyPair(), excluded);
    }

    private byte[] sign(String content) throws Exception {
      Signature s =
          Signature.getInstance(
              "SHA"
                  + algorithm.substring(2)
                  + (algorithm.startsWith("ES") ? "withECDSAinP1363Format" : "withRSA"));
      s.initSign(pair.getPrivate());
      s.update(content.getBytes(StandardCharsets.US_ASCII));
      return s.sign();
    }
  }

  final List<Key> keys = new CopyOnWriteArrayList<>();
  final AtomicInteger fetches = new AtomicInteger();
  volatile long longest = 3600;
  volatile long refresh = 600;
  volatile ObjectNode header = Json.object().put("typ", "JWT");
  private final HttpServer server;

  SampleSigner(Vertx vertx, Path socket) throws Exception {
    GrpcServer grpc = GrpcServer.server(vertx);
    grpc.callHandler(request ->
        request.handler(message -> {
          try {
            byte[] answer =
                switch (request.serviceName().fullyQualifiedName() + "/" + request.methodName()) {
                  case "v1.ExternalJWTSigner/Sign" -> sign(WireFields.read(message.getBytes()));
                  case "v1.ExternalJWTSigner/FetchKeys" -> fetch();
                  case "v1.ExternalJWTSigner/Metadata" ->
                      SocketCalls.encode(out -> out.writeInt64(1, longest));
                  default -> throw new IllegalArgumentException(request.methodName());
                };
            request.response().end(Buffer.buffer(answer));
          } catch (Exception e) {
            request.response().status(GrpcStatus.INTERNAL).end();
          }
        }));
    server = vertx.createHttpServer().requestHandler(grpc);
    server
        .listen(SocketAddress.domainSocketAddress(socket.toString()))
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  private byte[] sign(WireFields request) throws Exception {
    Key key = keys.getLast();
    ObjectNode mine = Json.object().put("alg", key.algorithm()).put("kid", key.id());
    mine.setAll(header);
    String first = URL.encodeToString(Json.bytes(mine));
    byte[] signature = key.sign(first + "." + request.text(1));
    return SocketCalls.encode(out -> {
      out.writeString(1, first);
      out.writeString(2, URL.encodeToString(signature));
    });
  }

  private byte[] fetch() {
    fetches.incrementAndGet();
    return SocketCalls.encode(out -> {
      for (Key key : keys) {
        out.writeByteArray(
            1,
            SocketCalls.encode(k -> {
              k.writeString(1, key.id());
              k.writeByteArray(2, key.pair().getPublic().getEncoded());
              k.writeBool(3, key.excluded());
            }));
      }
      out.writeByteArray(2, SocketCalls.encode(time -> time.writeInt64(1, 1_700_000_000)));
      out.writeInt64(3, refresh);
    });
  }

  @Override
  public void close() throws Exception {
    server.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
