package dev.coracle.benchmarks.api;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** The administrator over HTTPS, by so many connections of HTTP/1.1, none of them shared. */
final class HttpApi {

  private final HttpClient client;
  private final int port;

  HttpApi(Vertx vertx, Path work, int port, int connections) {
    this.port = port;
    Path directory = work.resolve(ServerMain.PKI);
    client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setSsl(true)
                .setTcpNoDelay(true)
                .setKeepAliveTimeout(600)
                // All connect at once, by one thread: on a busy machine that takes its time.
                .setSslHandshakeTimeout(60)
                .setKeyCertOptions(
                    new PemKeyCertOptions()
                        .setCertPath(directory.resolve("admin.crt").toString())
                        .setKeyPath(directory.resolve("admin.key").toString()))
                .setTrustOptions(
                    new PemTrustOptions().addCertPath(directory.resolve("ca.crt").toString())),
            new PoolOptions().setHttp1MaxSize(connections));
  }

  /** The answer's body; anything but {@code 2xx} fails. */
  Future<Buffer> call(HttpMethod method, String path, String accept, byte[] body) {
    return answer(
        options(method, path, accept),
        body,
        response ->
            response
                .body()
                .compose(bytes ->
                    response.statusCode() / 100 == 2
                        ? Future.succeededFuture(bytes)
                        : Future.failedFuture(
                            method + " " + path + ": " + response.statusCode() + " " + bytes)));
  }

  /**
   * What a reader makes of the answer. It is asked on the connection's event loop as soon as the
   * head is there: by the caller's own thread it could come too late, and wait for ever for what
   * has passed.
   */
  private <T> Future<T> answer(
      RequestOptions request, byte[] body, Function<HttpClientResponse, Future<T>> reader) {
    return client
        .request(request)
        .compose(r -> (body.length == 0 ? r.send() : r.send(Buffer.buffer(body))).compose(reader));
  }

  /** How long the answer of a get is, all of it received and none of it kept. */
  Future<Long> length(String path, String accept, String encoding) {
    return answer(
        options(HttpMethod.GET, path, accept).putHeader("Accept-Encoding", encoding),
        new byte[0],
        response -> {
          if (response.statusCode() != 200) {
            return Future.failedFuture("GET " + path + ": " + response.statusCode());
          }
          AtomicLong length = new AtomicLong();
          response.handler(piece -> length.addAndGet(piece.length()));
          return response.end().map(_ -> length.get());
        });
  }

  private RequestOptions options(HttpMethod method, String path, String accept) {
    return new RequestOptions()
        .setHost("127.0.0.1")
        .setPort(port)
        .setMethod(method)
        .setURI(path)
        .putHeader("Accept", accept)
        .putHeader("Content-Type", "application/json");
  }

  void close() {
    client.close().await();
  }
}
