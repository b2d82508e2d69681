package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Request lines and headers may be as long as Kubernetes' servers take them, whatever the protocol.
 */
class LongRequestsTest {

  private static final int LONG = 200_000;
  private static final int TOO_LONG = 1_100_000;

  @TempDir private static Path dir;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  /** The answer's code. */
  private static int get(HttpVersion version, String uri, String header) throws Exception {
    HttpClientAgent client = server.client("admin", version);
    return client
        .request(HttpMethod.GET, uri)
        .compose(request ->
            request
                .putHeader("X-Long", header)
                .send()
                .compose(response -> response.body().map(response.statusCode())))
        .eventually(client::close)
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @EnumSource(
      value = HttpVersion.class,
      names = {"HTTP_1_1", "HTTP_2"})
  void longOnesAreServed(HttpVersion version) throws Exception {
    assertThat(get(version, "/version?x=" + "a".repeat(LONG), "")).isEqualTo(200);
    assertThat(get(version, "/version", "a".repeat(LONG))).isEqualTo(200);
  }

  /** Of HTTP/2 the connection ends instead, which is the protocol's way. */
  @Test
  void tooLongOnesAreRefused() throws Exception {
    assertThat(get(HttpVersion.HTTP_1_1, "/version?x=" + "a".repeat(TOO_LONG), "")).isEqualTo(414);
    assertThat(get(HttpVersion.HTTP_1_1, "/version", "a".repeat(TOO_LONG))).isEqualTo(431);
  }
}
