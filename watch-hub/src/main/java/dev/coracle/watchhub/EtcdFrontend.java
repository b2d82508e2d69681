package dev.coracle.watchhub;

import dev.coracle.api.Component;
import dev.coracle.watchhub.config.EtcdFrontendOptions;
import dev.coracle.watchhub.internal.etcd.EtcdService;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Shows the embedded storage as an etcd: {@code etcdctl} and other clients of the v3 API read,
 * write, watch and lease on the same keys that the API server uses. For looking and repairing;
 * whoever writes here goes past admission and validation.
 */
public final class EtcdFrontend implements Component {

  private static final String GRPC_ENCODING = "grpc-encoding";

  private final Vertx vertx;
  private final EmbeddedStorage storage;
  private final EtcdFrontendOptions options;
  private volatile @Nullable HttpServer server;

  public EtcdFrontend(Vertx vertx, EmbeddedStorage storage, EtcdFrontendOptions options) {
    this.vertx = vertx;
    this.storage = storage;
    this.options = options;
  }

  @Override
  public String name() {
    return "etcd-frontend";
  }

  @Override
  public CompletionStage<Void> start() {
    GrpcServer grpc = GrpcServer.server(vertx, new GrpcServerOptions().setMaxMessageSize(16 << 20));
    new EtcdService(storage.engine(), this::url).bind(grpc);
    HttpServer http =
        vertx
            .createHttpServer(http())
            .requestHandler(request -> {
              nameEncoding(request);
              grpc.handle(request);
            });
    return http.listen()
        .onSuccess(s -> server = s)
        .<Void>mapEmpty()
        .recover(e ->
            Future.failedFuture(
                new IllegalStateException(
                    "cannot listen for etcd clients on "
                        + options.host()
                        + ":"
                        + options.port()
                        + ": "
                        + e.getMessage(),
                    e)))
        .toCompletionStage();
  }

  /**
   * Who names no encoding has none. Said here, because Vert.x leaves a stream without any answer
   * whose message claims to be compressed by no named encoding.
   */
  private static void nameEncoding(HttpServerRequest request) {
    if (!request.headers().contains(GRPC_ENCODING)) {
      request.headers().set(GRPC_ENCODING, "identity");
    }
  }

  /** Where clients find it: the loopback address when it listens on all. */
  public String url() {
    boolean all = options.host().equals("0.0.0.0") || options.host().equals("::");
    String host = all ? "127.0.0.1" : options.host();
    return (options.certFile() == null ? "http://" : "https://")
        + (host.contains(":") ? "[" + host + "]" : host)
        + ":"
        + port();
  }

  private HttpServerOptions http() {
    HttpServerOptions http =
        new HttpServerOptions().setHost(options.host()).setPort(options.port());
    if (options.certFile() != null && options.keyFile() != null) {
      http.setSsl(true)
          .setUseAlpn(true)
          .setKeyCertOptions(
              new PemKeyCertOptions()
                  .addCertPath(options.certFile().toString())
                  .addKeyPath(options.keyFile().toString()));
      if (options.clientCaFile() != null) {
        http.setClientAuth(ClientAuth.REQUIRED)
            .setTrustOptions(new PemTrustOptions().addCertPath(options.clientCaFile().toString()));
      }
    }
    return http;
  }

  /** The port it listens on, once started. */
  public int port() {
    HttpServer s = server;
    return s == null ? options.port() : s.actualPort();
  }

  @Override
  public CompletionStage<Void> stop() {
    HttpServer s = server;
    server = null;
    return (s == null ? Future.<Void>succeededFuture() : s.close()).toCompletionStage();
  }

  @Override
  public Optional<String> unhealthy() {
    return server == null ? Optional.of("the etcd port is not open") : Optional.empty();
  }
}
