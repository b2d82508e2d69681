package dev.coracle.watchhub.internal.etcd;

import com.google.protobuf.Message;
import dev.coracle.watchhub.config.EtcdOptions;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A server in etcd's place, which answers as a test wants it to. */
final class FakeEtcd implements AutoCloseable {
  final Vertx vertx = Vertx.vertx();
  volatile Consumer<HttpServerRequest> answer = _ -> {};
  private final HttpServer server;

  FakeEtcd() throws Exception {
    server =
        vertx
            .createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(true))
            .requestHandler(request -> answer.accept(request));
    server.listen(0, "127.0.0.1").await(10, TimeUnit.SECONDS);
  }

  EtcdOptions options() {
    return EtcdOptions.of(List.of("http://127.0.0.1:" + server.actualPort()));
  }

  static byte[] framed(Message message) {
    byte[] bytes = message.toByteArray();
    return Buffer.buffer()
        .appendByte((byte) 0)
        .appendInt(bytes.length)
        .appendBytes(bytes)
        .getBytes();
  }

  static void reply(HttpServerRequest request, Message message) {
    request.response().putHeader("content-type", "application/grpc");
    request.response().putTrailer("grpc-status", "0");
    request.response().end(Buffer.buffer(framed(message)));
  }

  static void refuse(HttpServerRequest request, GrpcStatus status, String message) {
    request.response().putHeader("content-type", "application/grpc");
    request.response().putHeader("grpc-status", Integer.toString(status.code));
    request.response().putHeader("grpc-message", message);
    request.response().end();
  }

  @Override
  public void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }
}
