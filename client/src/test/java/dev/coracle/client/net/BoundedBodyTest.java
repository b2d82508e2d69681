package dev.coracle.client.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BoundedBodyTest {

  private static final int MOST = 1000;

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = vertx.createHttpClient();
  private final Promise<Void> gone = Promise.promise();
  private volatile Consumer<HttpServerResponse> answer = HttpServerResponse::end;
  private int port;

  @BeforeEach
  void listen() throws Exception {
    port =
        vertx
            .createHttpServer()
            .requestHandler(request -> {
              request.connection().closeHandler(_ -> gone.tryComplete());
              answer.accept(request.response());
            })
            .listen(0, "127.0.0.1")
            .await(10, TimeUnit.SECONDS)
            .actualPort();
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private Buffer read(Function<HttpClientResponse, Future<Buffer>> how) throws Exception {
    return client
        .request(HttpMethod.GET, port, "127.0.0.1", "/")
        .compose(request -> request.send().compose(how))
        .await(20, TimeUnit.SECONDS);
  }

  /** Writes for as long as somebody takes it. */
  private static void withoutEnd(HttpServerResponse response) {
    response.setChunked(true);
    Buffer piece = Buffer.buffer(new byte[300]);
    Runnable more =
        () -> {
          while (!response.closed() && !response.writeQueueFull()) {
            response.write(piece);
          }
        };
    response.drainHandler(_ -> more.run());
    more.run();
  }

  @Test
  void whatFitsIsWhole() throws Exception {
    for (int size : new int[] {0, 1, MOST}) {
      answer = response -> response.end(Buffer.buffer(new byte[size]));
      assertThat(read(r -> BoundedBody.whole(r, MOST)).length()).isEqualTo(size);
      assertThat(read(r -> BoundedBody.beginning(r, MOST)).length()).isEqualTo(size);
    }
  }

  @Test
  void moreIsAFailureAndIsNotReceived() throws Exception {
    answer = BoundedBodyTest::withoutEnd;
    assertThatThrownBy(() -> read(r -> BoundedBody.whole(r, MOST)))
        .hasMessageContaining("the answer is larger than 1000 bytes");
    gone.future().await(20, TimeUnit.SECONDS);
  }

  @Test
  void theBeginningIsEnoughAndTheRestIsNotReceived() throws Exception {
    answer = BoundedBodyTest::withoutEnd;
    assertThat(read(r -> BoundedBody.beginning(r, MOST)).length()).isEqualTo(MOST);
    gone.future().await(20, TimeUnit.SECONDS);
  }

  @Test
  void anAnswerThatBreaksOffIsAFailure() {
    answer =
        response -> {
          response
              .putHeader("Content-Length", "10")
              .write("abc")
              .onComplete(_ -> vertx.runOnContext(_ -> response.reset()));
        };
    assertThatThrownBy(() -> read(r -> BoundedBody.whole(r, MOST))).isNotNull();
  }
}
