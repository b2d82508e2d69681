package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.config.ApiServerOptions.Limits;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import dev.coracle.apiserver.config.SecurityOptions;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that are asked to connect anew lose nothing that is under way. */
class GoawayTest {

  private static final int REQUESTS = 5;

  @TempDir private Path dir;

  @Test
  void everyRequestIsAnsweredAndTheNextComesByAnotherConnection() throws Exception {
    Limits usual = Limits.DEFAULT;
    Limits always =
        new Limits(
            usual.maxReads(),
            usual.maxWrites(),
            usual.maxBodyBytes(),
            usual.requestTimeout(),
            usual.minWatchTimeout(),
            usual.readTimeout(),
            usual.eventTtl(),
            1);
    try (TestServer server =
        new TestServer(dir, new MemoryStore(), SecurityOptions.DEFAULT, Services.DEFAULT, always)) {
      AtomicInteger connections = new AtomicInteger();
      CompletableFuture<Long> error = new CompletableFuture<>();
      HttpClientAgent client =
          server
              .vertx()
              .httpClientBuilder()
              .with(
                  new HttpClientOptions()
                      .setSsl(true)
                      .setUseAlpn(true)
                      .setProtocolVersion(HttpVersion.HTTP_2)
                      .setDefaultHost("127.0.0.1")
                      .setDefaultPort(server.server().port())
                      .setKeyCertOptions(
                          new PemKeyCertOptions()
                              .setCertPath(server.pki().path("admin.crt").toString())
                              .setKeyPath(server.pki().path("admin.key").toString()))
                      .setTrustOptions(
                          new PemTrustOptions()
                              .addCertPath(server.pki().path("ca.crt").toString())))
              .withConnectHandler(connection -> {
                connections.incrementAndGet();
                connection.goAwayHandler(goAway -> error.complete(goAway.getErrorCode()));
              })
              .build();
      for (int i = 0; i < REQUESTS; i++) {
        int code =
            client
                .request(HttpMethod.GET, "/api/v1/namespaces")
                .compose(request ->
                    request.send().compose(answer -> answer.body().map(_ -> answer.statusCode())))
                .await(10, TimeUnit.SECONDS);
        assertThat(code).isEqualTo(200);
      }
      assertThat(error.get(10, TimeUnit.SECONDS)).isZero();
      assertThat(connections).hasValueGreaterThan(1);
    }
  }
}
