package dev.coracle.kubelet.server.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.server.internal.link.MemoryLink;
import dev.coracle.kubelet.server.internal.spdy.SpdyFrame;
import dev.coracle.kubelet.server.internal.spdy.SpdySession;
import dev.coracle.kubelet.server.internal.spdy.SpdyStream;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A forwarded connection, between a client in memory and a runtime that does what it is told. */
class PortForwardsTest {

  private static final class Runtime implements ChannelLink {
    @Nullable Listener listener;
    boolean closed;

    @Override
    public void start(Listener l) {
      listener = l;
    }

    Listener listener() {
      return Objects.requireNonNull(listener);
    }

    @Override
    public void send(int channel, Buffer bytes) {}

    @Override
    public void end(int channel) {}

    @Override
    public boolean writeQueueFull(int channel) {
      return false;
    }

    @Override
    public void pause(int channel) {}

    @Override
    public void resume(int channel) {}

    @Override
    public void close() {
      closed = true;
    }
  }

  private final Vertx vertx = Vertx.vertx();
  private final MemoryLink[] link = MemoryLink.pair(new SplittableRandom(7));
  private final Runtime runtime = new Runtime();
  private final Buffer told = Buffer.buffer();
  private final SpdySession client =
      new SpdySession(link[1], false, stream -> {}, cause -> {}, () -> {});
  private SpdyStream data;

  @BeforeEach
  void connect() {
    PortForwards.spdy(
        vertx,
        link[0],
        new PortDialer() {
          @Override
          public Future<ChannelLink> dial(int port) {
            return Future.succeededFuture(runtime);
          }

          @Override
          public String describe(int port, Throwable cause) {
            return String.valueOf(cause.getMessage());
          }
        },
        Duration.ofSeconds(30),
        () -> {});
    SpdyStream error = open("error");
    error.handlers(told::appendBuffer, () -> told.appendString("|end"), c -> {}, () -> {});
    error.resume();
    data = open("data");
    data.handlers(b -> {}, () -> {}, c -> {}, () -> {});
    data.resume();
    MemoryLink.pump(link);
  }

  private SpdyStream open(String type) {
    return client.open(Map.of("streamtype", type, "port", "9999", "requestid", "0"));
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  /** containerd ends the bytes before it says why there are none, and kubectl resets them then. */
  @Test
  void anErrorThatComesAfterTheBytesHaveEndedArrives() {
    runtime.listener().ended(Channels.DATA);
    MemoryLink.pump(link);
    data.reset(SpdyFrame.Codes.CANCEL);
    MemoryLink.pump(link);
    assertThat(runtime.closed).isFalse();
    runtime.listener().data(Channels.FORWARD_ERROR, Buffer.buffer("connection refused"));
    runtime.listener().ended(Channels.FORWARD_ERROR);
    runtime.listener().closed(null);
    MemoryLink.pump(link);
    assertThat(told.toString()).isEqualTo("connection refused|end");
    assertThat(runtime.closed).isTrue();
  }

  @Test
  void whoeverResetsBytesThatAreStillToComeHasGivenUp() {
    data.reset(SpdyFrame.Codes.CANCEL);
    MemoryLink.pump(link);
    assertThat(runtime.closed).isTrue();
  }
}
