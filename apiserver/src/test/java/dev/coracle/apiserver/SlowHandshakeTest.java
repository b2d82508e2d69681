package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * On a busy machine many handshakes at once take long. A client of TLS 1.3 has sent its request by
 * then, so a server that gives up on the handshake closes a connection with a request under way.
 */
@Order(1)
class SlowHandshakeTest {

  /** What the last part of the handshake takes on its way: longer than Vert.x and Netty allow. */
  private static final long MILLIS = 15_000;

  @Test
  void aRequestThatFollowsASlowHandshakeIsAnswered(@TempDir Path dir) throws Exception {
    try (TestServer server = new TestServer(dir)) {
      NetServer way =
          slowWay(server.vertx(), server.server().port()).listen(0, "127.0.0.1").await();
      HttpClientAgent client = server.vertx().createHttpClient(options(server));
      Promise<Integer> code = Promise.promise();
      server
          .vertx()
          .getOrCreateContext()
          .runOnContext(_ ->
              client
                  .request(HttpMethod.GET, way.actualPort(), "127.0.0.1", "/api/v1/namespaces")
                  .compose(request -> request.send())
                  .compose(response -> response.body().map(_ -> response.statusCode()))
                  .onComplete(code));
      assertThat(code.future().await(60, TimeUnit.SECONDS)).isEqualTo(200);
      client.close().await(10, TimeUnit.SECONDS);
    }
  }

  /** Passes on what the client says first at once, and the rest late. */
  private static NetServer slowWay(Vertx vertx, int port) {
    // Held by the handler: Vert.x closes a client that nobody refers to any more.
    NetClient onwards = vertx.createNetClient();
    return vertx
        .createNetServer()
        .connectHandler(client -> {
          client.pause();
          onwards.connect(port, "127.0.0.1").onSuccess(server -> join(vertx, client, server));
        });
  }

  private static void join(Vertx vertx, NetSocket client, NetSocket server) {
    server.handler(client::write);
    server.closeHandler(_ -> client.close());
    client.closeHandler(_ -> server.close());
    Future<?>[] before = {null};
    client.handler(bytes -> {
      if (before[0] == null) {
        before[0] = vertx.timer(MILLIS, TimeUnit.MILLISECONDS);
        server.write(bytes);
      } else {
        Buffer late = bytes.copy();
        before[0] = before[0].onSuccess(_ -> server.write(late));
      }
    });
    client.resume();
  }

  private static HttpClientOptions options(TestServer server) {
    return new HttpClientOptions()
        .setSsl(true)
        .setSslHandshakeTimeout(60)
        .setKeyCertOptions(
            new PemKeyCertOptions()
                .setCertPath(server.pki().path("admin.crt").toString())
                .setKeyPath(server.pki().path("admin.key").toString()))
        .setTrustOptions(new PemTrustOptions().addCertPath(server.pki().path("ca.crt").toString()));
  }
}
