package dev.coracle.kubelet.server;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.impl.Http1xServerConnection;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The least of an API server that kubectl's streaming commands need: discovery of pods, the one
 * pod, and the way through to the kubelet, with a raw tunnel on upgrade as the real one does it.
 */
final class TestFront implements AutoCloseable {
  private static final Set<String> DROPPED =
      Set.of("host", "authorization", "content-length", "transfer-encoding", "cookie");

  private final Vertx vertx;
  private final HttpServer server;
  private final HttpClient kubelet;
  private final String podJson;
  private final int kubeletPort;

  /** Method, protocol and path of every upgrade that came through. */
  final List<String> upgrades = new CopyOnWriteArrayList<>();

  TestFront(Vertx vertx, TestPki pki, int kubeletPort, String podJson) throws Exception {
    this.vertx = vertx;
    this.podJson = podJson;
    this.kubeletPort = kubeletPort;
    this.kubelet =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setSsl(true)
                .setTrustOptions(
                    new PemTrustOptions().addCertPath(pki.certificate("ca").toString()))
                .setKeyCertOptions(
                    new PemKeyCertOptions()
                        .setCertPath(pki.certificate("admin").toString())
                        .setKeyPath(pki.key("admin").toString())),
            new PoolOptions().setHttp1MaxSize(1000));
    this.server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setSsl(true)
                    .setPerMessageWebSocketCompressionSupported(false)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(pki.certificate("server").toString())
                            .setKeyPath(pki.key("server").toString())))
            .requestHandler(this::handle)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get();
  }

  int port() {
    return server.actualPort();
  }

  private void handle(HttpServerRequest request) {
    String pod = "/api/v1/namespaces/default/pods/web";
    switch (request.path()) {
      case "/api" -> json(request, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}");
      case "/apis" ->
          json(request, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[]}");
      case "/api/v1" ->
          json(
              request,
              "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":[{\"name\":\"pods\",\"singularName\":\"pod\","
                  + "\"namespaced\":true,\"kind\":\"Pod\",\"verbs\":[\"get\",\"list\"]}]}");
      case "/api/v1/namespaces/default/pods/web" -> json(request, podJson);
      case "/api/v1/namespaces/default/pods/web/log" ->
          pass(request, "/containerLogs/default/web/" + container(request));
      default -> {
        if (!request.path().startsWith(pod + "/")) {
          request
              .response()
              .setStatusCode(404)
              .end("{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":404}");
          return;
        }
        String verb = request.path().substring(pod.length() + 1);
        upgrades.add(request.method() + " " + request.getHeader("Upgrade") + " " + verb);
        String path =
            verb.equals("portforward")
                ? "/portForward/default/web"
                : "/" + verb + "/default/web/" + container(request);
        tunnel(request, path);
      }
    }
  }

  private static String container(HttpServerRequest request) {
    String container = request.getParam("container");
    return container == null ? "app" : URLDecoder.decode(container, StandardCharsets.UTF_8);
  }

  private static void json(HttpServerRequest request, String body) {
    request.response().putHeader("Content-Type", "application/json").end(body);
  }

  private RequestOptions target(HttpServerRequest request, String path) {
    String query = request.query() == null ? "" : "?" + request.query();
    return new RequestOptions()
        .setHost("localhost")
        .setPort(kubeletPort)
        .setMethod(HttpMethod.GET)
        .setURI(path + query);
  }

  private void pass(HttpServerRequest request, String path) {
    kubelet
        .request(target(request, path))
        .compose(q -> q.send())
        .onSuccess(answer -> {
          request.response().setStatusCode(answer.statusCode()).setChunked(true);
          answer.pipeTo(request.response());
          request.response().closeHandler(v -> answer.request().reset());
        })
        .onFailure(e -> request.response().setStatusCode(502).end(String.valueOf(e)));
  }

  private void tunnel(HttpServerRequest request, String path) {
    request.pause();
    kubelet
        .request(target(request, path))
        .compose(q -> {
          q.exceptionHandler(t -> {});
          for (var header : request.headers()) {
            if (!DROPPED.contains(header.getKey().toLowerCase(Locale.ROOT))) {
              q.headers().add(header.getKey(), header.getValue());
            }
          }
          return q.connect();
        })
        .onSuccess(answer -> {
          if (answer.statusCode() != 101) {
            request.resume();
            request.response().setStatusCode(answer.statusCode()).setChunked(true);
            answer.pipeTo(request.response());
            return;
          }
          NetSocket up = answer.netSocket().pause();
          List<String> head = new ArrayList<>(List.of("HTTP/1.1 101 Switching Protocols"));
          answer.headers().forEach((n, v) -> head.add(n + ": " + v));
          hijack(request, String.join("\r\n", head) + "\r\n\r\n")
              .onSuccess(down -> {
                pump(down, up);
                pump(up, down);
              });
        })
        .onFailure(e -> request.response().setStatusCode(502).end(String.valueOf(e)));
  }

  /** Not a Pipe: Vert.x ends a paused socket before its last bytes, see SocketLink. */
  private void pump(NetSocket from, NetSocket to) {
    AtomicBoolean ending = new AtomicBoolean();
    Handler<Void> end =
        v -> {
          if (ending.compareAndSet(false, true)) {
            from.resume();
            vertx.runOnContext(a -> vertx.runOnContext(b -> to.end()));
          }
        };
    from.handler(bytes -> {
      to.write(bytes);
      if (to.writeQueueFull() && !ending.get()) {
        from.pause();
        to.drainHandler(v -> from.resume());
      }
    });
    from.exceptionHandler(t -> {});
    from.endHandler(end);
    from.closeHandler(end);
    from.resume();
  }

  private static Future<NetSocket> hijack(HttpServerRequest request, String head) {
    return ((Http1xServerConnection) request.connection())
        .netSocket()
        .map(socket -> {
          socket.pause();
          socket.write(head, "ISO-8859-1");
          return socket;
        });
  }

  @Override
  public void close() {
    server.close().toCompletionStage().toCompletableFuture().join();
    kubelet.close().toCompletionStage().toCompletableFuture().join();
  }
}
