package dev.coracle.criruntime.server;

import dev.coracle.cri.v1.ImageServiceGrpcService;
import dev.coracle.cri.v1.RuntimeServiceGrpcService;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ExecutionException;

/** CRI's two services over gRPC on a UNIX socket that is its owner's alone. */
public final class CriServer {
  private static final int MAX_MESSAGE = 16 << 20;

  private CriServer() {}

  /** Replaces what is left at the socket's path. Blocks until the socket takes calls. */
  public static HttpServer listen(
      Vertx vertx, Path socket, RuntimeServiceGrpcService runtime, ImageServiceGrpcService images)
      throws IOException, ExecutionException, InterruptedException {
    GrpcServer grpc =
        GrpcServer.server(vertx, new GrpcServerOptions().setMaxMessageSize(MAX_MESSAGE));
    runtime.bind(grpc);
    images.bind(grpc);
    Files.deleteIfExists(socket);
    Path parent = socket.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    HttpServer server =
        vertx
            .createHttpServer(new HttpServerOptions().setIdleTimeout(0))
            .requestHandler(grpc)
            .listen(SocketAddress.domainSocketAddress(socket.toString()))
            .toCompletionStage()
            .toCompletableFuture()
            .get();
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
    return server;
  }
}
