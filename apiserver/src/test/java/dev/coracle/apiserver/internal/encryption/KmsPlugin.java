package dev.coracle.apiserver.internal.encryption;

import dev.coracle.apiserver.internal.grpc.SocketCalls;
import dev.coracle.apiserver.internal.grpc.WireFields;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.server.GrpcServer;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A sample plugin: one AES key per key id, in memory; {@link #rotate} makes the next one. */
final class KmsPlugin implements AutoCloseable {

  private final Map<String, AesGcm> keys = new ConcurrentHashMap<>();
  private final HttpServer server;
  final AtomicInteger decrypts = new AtomicInteger();
  private volatile String keyId = "key-1";

  KmsPlugin(Vertx vertx, Path socket) throws Exception {
    keys.put(keyId, new AesGcm(new byte[32]));
    GrpcServer grpc = GrpcServer.server(vertx);
    grpc.callHandler(request ->
        request.handler(message -> {
          try {
            WireFields fields = WireFields.read(message.getBytes());
            byte[] answer =
                switch (request.methodName()) {
                  case "Status" -> status();
                  case "Encrypt" -> encrypt(fields);
                  case "Decrypt" -> decrypt(fields);
                  default -> throw new IllegalArgumentException(request.methodName());
                };
            request.response().end(Buffer.buffer(answer));
          } catch (Exception e) {
            request.response().status(io.vertx.grpc.common.GrpcStatus.INTERNAL).end();
          }
        }));
    server = vertx.createHttpServer().requestHandler(grpc);
    server
        .listen(SocketAddress.domainSocketAddress(socket.toString()))
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  void rotate() {
    byte[] next = new byte[32];
    next[0] = (byte) (keys.size() + 1);
    String id = "key-" + (keys.size() + 1);
    keys.put(id, new AesGcm(next));
    keyId = id;
  }

  private byte[] status() {
    return SocketCalls.encode(out -> {
      out.writeString(1, "v2");
      out.writeString(2, "ok");
      out.writeString(3, keyId);
    });
  }

  private byte[] encrypt(WireFields request) throws Exception {
    String id = keyId;
    byte[] sealed = keys.get(id).seal(request.bytes(1), new byte[0]);
    return SocketCalls.encode(out -> {
      out.writeByteArray(1, sealed);
      out.writeString(2, id);
      out.writeByteArray(3, WireFields.entry("sample.kms/version", new byte[] {1}));
    });
  }

  private byte[] decrypt(WireFields request) throws Exception {
    decrypts.incrementAndGet();
    if (!request.map(4).containsKey("sample.kms/version")) {
      throw new IllegalArgumentException("the annotations were lost");
    }
    byte[] plain = keys.get(request.text(3)).open(request.bytes(1), new byte[0]);
    return SocketCalls.encode(out -> out.writeByteArray(1, plain));
  }

  @Override
  public void close() throws Exception {
    server.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
