package dev.coracle.ingress;

import dev.coracle.api.certificates.TestAuthority;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.ingress.config.IngressOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.servicediscovery.Record;
import io.vertx.servicediscovery.ServiceDiscovery;
import io.vertx.servicediscovery.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A gateway over real sockets, an API in memory, and Services in Vert.x Service Discovery. */
final class GatewayFixture implements AutoCloseable {

  final Vertx vertx = Vertx.vertx();
  final FakeClient client = new FakeClient();
  final ServiceDiscovery discovery = ServiceDiscovery.create(vertx);
  final HttpClient http = vertx.createHttpClient();
  final IngressGateway gateway;

  GatewayFixture(Path directory, Duration responseTimeout) throws Exception {
    Path key = directory.resolve("tls.key");
    Path certificate = directory.resolve("tls.crt");
    selfSigned(certificate, key);
    gateway =
        new IngressGateway(
            vertx,
            client,
            discovery,
            new IngressOptions("127.0.0.1", 0, 0, certificate, key, "192.0.2.9", responseTimeout),
            new SimpleMeterRegistry());
  }

  void start() throws Exception {
    await(gateway.start().toCompletableFuture());
  }

  @Override
  public void close() throws Exception {
    await(gateway.stop().toCompletableFuture());
    await(vertx.close().toCompletionStage().toCompletableFuture());
  }

  String get(String host, String path) throws Exception {
    Future<String> answer =
        http.request(
                new RequestOptions()
                    .setMethod(HttpMethod.GET)
                    .setServer(
                        io.vertx.core.net.SocketAddress.inetSocketAddress(
                            gateway.httpPort(), "127.0.0.1"))
                    .setHost(host)
                    .setPort(80)
                    .setURI(path))
            .compose(request ->
                request
                    .send()
                    .compose(
                        (HttpClientResponse r) -> r.body().map(b -> r.statusCode() + " " + b)));
    return answer.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  int server(String name) throws Exception {
    return await(
            vertx
                .createHttpServer()
                .requestHandler(r ->
                    r.response()
                        .end(Buffer.buffer(name + " " + r.uri() + " " + r.authority().host())))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture())
        .actualPort();
  }

  void publish(String name, int port, Integer... endpoints) throws Exception {
    JsonArray list = new JsonArray();
    for (int endpoint : endpoints) {
      list.add("127.0.0.1:" + endpoint);
    }
    await(
        discovery
            .publish(
                new Record()
                    .setName(name)
                    .setType("kubernetes-service")
                    .setStatus(Status.UP)
                    .setLocation(
                        new JsonObject()
                            .put("host", "10.96.0.9")
                            .put("port", port)
                            .put("endpoints", list)))
            .toCompletionStage()
            .toCompletableFuture());
  }

  static void selfSigned(Path certificate, Path key) throws IOException {
    TestAuthority authority = new TestAuthority(certificate.resolveSibling("authority"), "test");
    Files.move(authority.path("ca.crt"), certificate);
    Files.move(authority.path("ca.key"), key);
  }

  static <T> T await(java.util.concurrent.CompletableFuture<T> future) throws Exception {
    return future.get(10, TimeUnit.SECONDS);
  }
}
