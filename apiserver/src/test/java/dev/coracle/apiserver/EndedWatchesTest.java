package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients end watches by resetting their streams, and go on with the same connection. */
class EndedWatchesTest {

  /** More than the HTTP/2 library takes for an attack if it is not told otherwise. */
  private static final int WATCHES = 600;

  @Test
  void aConnectionOutlivesAllWatchesThatEndOnIt(@TempDir Path dir) throws Exception {
    try (TestServer server = new TestServer(dir)) {
      AtomicInteger connections = new AtomicInteger();
      HttpClientAgent client =
          server
              .vertx()
              .httpClientBuilder()
              .with(options(server))
              .with(new PoolOptions().setHttp2MaxSize(1))
              .withConnectHandler(_ -> connections.incrementAndGet())
              .build();
      Context loop = server.vertx().getOrCreateContext();
      Promise<Integer> code = Promise.promise();
      loop.runOnContext(_ -> watches(client, server.server().port(), 0).onComplete(code));
      assertThat(code.future().await(60, TimeUnit.SECONDS)).isEqualTo(200);
      assertThat(connections).hasValue(1);
    }
  }

  /** Begins and resets watches one after the other; then the status of a request. */
  private static Future<Integer> watches(HttpClientAgent client, int port, int done) {
    String path =
        "/api/v1/namespaces"
            + (done < WATCHES ? "?watch=true&fieldSelector=metadata.name=default" : "");
    return client
        .request(HttpMethod.GET, port, "127.0.0.1", path)
        .compose(request ->
            request
                .send()
                .compose(response -> {
                  if (done == WATCHES) {
                    return response.body().map(_ -> response.statusCode());
                  }
                  // After the only event: what comes behind a reset, this client answers by
                  // another.
                  Promise<Integer> code = Promise.promise();
                  response.handler(_ -> {
                    response.handler(null);
                    request.reset();
                    watches(client, port, done + 1).onComplete(code);
                  });
                  return code.future();
                }));
  }

  private static HttpClientOptions options(TestServer server) {
    return new HttpClientOptions()
        .setSsl(true)
        .setUseAlpn(true)
        .setProtocolVersion(HttpVersion.HTTP_2)
        .setKeyCertOptions(
            new PemKeyCertOptions()
                .setCertPath(server.pki().path("admin.crt").toString())
                .setKeyPath(server.pki().path("admin.key").toString()))
        .setTrustOptions(new PemTrustOptions().addCertPath(server.pki().path("ca.crt").toString()));
  }
}
