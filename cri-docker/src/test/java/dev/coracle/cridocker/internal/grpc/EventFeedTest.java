package dev.coracle.cridocker.internal.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.criruntime.server.Events;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon that loses a connection, and whose machine sets its clock back. */
class EventFeedTest {

  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private final BlockingQueue<HttpServerRequest> asked = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> ended = new LinkedBlockingQueue<>();
  private Engine engine;
  private EventFeed feed;
  private Thread thread;

  @BeforeEach
  void start() throws Exception {
    Path socket = directory.resolve("s");
    vertx
        .createHttpServer()
        .requestHandler(request -> {
          request.response().setChunked(true);
          asked.add(request);
        })
        .listen(SocketAddress.domainSocketAddress(socket.toString()))
        .await(10, TimeUnit.SECONDS);
    engine = new Engine(vertx, socket);
    feed = new EventFeed(engine, "test", new Events(), ended::add);
    thread = Thread.ofVirtual().start(feed);
  }

  @AfterEach
  void stop() throws Exception {
    feed.stop();
    thread.join();
    engine.close();
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private HttpServerRequest question() throws InterruptedException {
    HttpServerRequest request = asked.poll(20, TimeUnit.SECONDS);
    assertThat(request).as("Docker is asked for its events").isNotNull();
    return request;
  }

  private static void tell(HttpServerRequest request, String id, long at) {
    request
        .response()
        .write(
            "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"%s\"},\"timeNano\":%d}\n"
                .formatted(id, at));
  }

  private List<String> heard(int count) throws InterruptedException {
    List<String> all = new ArrayList<>();
    while (all.size() < count) {
      String id = ended.poll(20, TimeUnit.SECONDS);
      assertThat(id).as("an event after " + all).isNotNull();
      all.add(id);
    }
    return all;
  }

  @Test
  void everythingIsToldOnce() throws Exception {
    HttpServerRequest first = question();
    long now = 5_000_000_000L;
    tell(first, "one", now);
    tell(first, "in-the-same-tick", now);
    tell(first, "after-the-clock-was-set-back", now - 3_000_000_000L);
    assertThat(heard(3)).containsExactly("one", "in-the-same-tick", "after-the-clock-was-set-back");
    first.response().end();

    HttpServerRequest second = question();
    assertThat(second.getParam("since")).isEqualTo("2.000000000");
    tell(second, "one", now);
    tell(second, "in-the-same-tick", now);
    tell(second, "after-the-clock-was-set-back", now - 3_000_000_000L);
    tell(second, "new", now - 2_000_000_000L);
    assertThat(heard(1)).containsExactly("new");
  }
}
