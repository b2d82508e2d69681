package dev.coracle.kubelet.server.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.kubelet.server.internal.link.ByteLink;
import dev.coracle.kubelet.server.internal.link.MemoryLink;
import dev.coracle.kubelet.server.internal.link.WebSocket;
import dev.coracle.kubelet.server.internal.spdy.SpdySession;
import dev.coracle.kubelet.server.internal.spdy.SpdyStream;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Clients of exec, attach and port-forward that send anything, over WebSocket channels and over
 * SPDY sessions: bytes of channels, and one end, after which there is nothing.
 */
class ChannelsFuzz {

  private static final RemoteCommandProtocol BASE64 =
      RemoteCommandProtocol.webSocket(List.of("v4.base64.channel.k8s.io")).orElseThrow();

  /** What a session may answer beyond a few bytes for each that it got: its own settings. */
  private static final int GREETING = 4096;

  @FuzzTest(maxDuration = "60s")
  void channels(byte[] input) {
    webSocket(input, RemoteCommandProtocol.V5);
    webSocket(input, BASE64);
    spdy(input);
  }

  private static byte[] frame(int first, byte... body) {
    Buffer out = Buffer.buffer().appendByte((byte) first);
    if (body.length < 126) {
      out.appendByte((byte) (0x80 | body.length));
    } else {
      out.appendByte((byte) 0xff).appendLong(body.length);
    }
    out.appendInt(0); // a mask that changes nothing
    return out.appendBytes(body).getBytes();
  }

  private static byte[] join(byte[]... parts) {
    Buffer out = Buffer.buffer();
    for (byte[] part : parts) {
      out.appendBytes(part);
    }
    return out.getBytes();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static Fuzzer messages() {
    return new Fuzzer()
        .seed(frame(0x82, (byte) 0, (byte) 'h', (byte) 'i'))
        .seed(
            join(
                frame(0x82, (byte) 4, (byte) '{', (byte) '}'),
                frame(0x82, (byte) 255, (byte) 0),
                frame(0x82, (byte) 255, (byte) 0)))
        .seed(join(frame(0x02, (byte) 1), frame(0x00, (byte) 9), frame(0x80, (byte) 8)))
        .seed(join(frame(0x81, text("0aGVsbG8=")), frame(0x88, (byte) 3, (byte) 0xe8)))
        .seed(join(frame(0x01, text("0aGVs")), frame(0x80, text("bG8="))))
        .words("\u0000", "\u0082\u0080", "0aGVs", "=", "\u0001\u0002");
  }

  @Test
  void messagesOfChannels() throws InterruptedException {
    messages().run(input -> webSocket(input, RemoteCommandProtocol.V5));
  }

  @Test
  void messagesOfBase64Channels() throws InterruptedException {
    messages().run(input -> webSocket(input, BASE64));
  }

  /** It went on to collect, and the end was told with every further piece. */
  @Test
  void aBase64MessageThatIsTooLongEndsOnce() {
    Buffer bytes = Buffer.buffer(frame(0x01, text("0")));
    for (int i = 0; i < 40; i++) {
      bytes.appendBytes(frame(0x00, text("A".repeat(64 << 10))));
    }
    assertThat(webSocket(bytes.getBytes(), BASE64)).isEqualTo("message is too long");
  }

  /** Gives the cause of the end, empty for none. */
  private static String webSocket(byte[] input, RemoteCommandProtocol protocol) {
    MemoryLink[] pair = MemoryLink.pair(new SplittableRandom(1));
    pair[0].start(new Quiet());
    List<String> ends = new ArrayList<>();
    new WebSocketChannels(new WebSocket(pair[1], false), protocol, false)
        .start(
            new ChannelLink.Listener() {
              @Override
              public void data(int channel, Buffer bytes) {
                if (!ends.isEmpty() || bytes.length() == 0) {
                  throw new AssertionError("data of " + bytes.length() + " after " + ends);
                }
              }

              @Override
              public void ended(int channel) {
                if (!ends.isEmpty()) {
                  throw new AssertionError("a channel ended after all did");
                }
              }

              @Override
              public void drained() {}

              @Override
              public void closed(@Nullable Throwable cause) {
                ends.add(cause == null ? "" : String.valueOf(cause.getMessage()));
                assertThat(ends).hasSize(1);
              }

              @Override
              public void gone() {}
            });
    send(pair, input);
    return String.join(", ", ends);
  }

  /** What a right client sends: two streams with bytes, the one ended and the other reset. */
  private static byte[] session() {
    MemoryLink[] pair = MemoryLink.pair(new SplittableRandom(1));
    Collecting collected = new Collecting();
    pair[1].start(collected);
    SpdySession client = new SpdySession(pair[0], false, _ -> {}, _ -> {}, () -> {});
    SpdyStream error = client.open(Map.of("streamtype", "error", "port", "80", "requestid", "0"));
    SpdyStream data = client.open(Map.of("streamtype", "data", "port", "80", "requestid", "0"));
    data.write(Buffer.buffer("hello"));
    data.end();
    error.reset(5);
    client.goAway();
    MemoryLink.pump(pair);
    return collected.bytes.getBytes();
  }

  @Test
  void sessions() throws InterruptedException {
    new Fuzzer()
        .seed(session())
        .seed(new byte[] {(byte) 0x80, 3, 0, 9, 0, 0, 0, 8, 0, 0, 0, 0, 0x7f, -1, -1, -1}) // window
        .words("\u0001", "\u007f\u00ff\u00ff\u00ff", "\u0000\u0000\u0000\u0001")
        .run(ChannelsFuzz::spdy);
  }

  private static void spdy(byte[] input) {
    MemoryLink[] pair = MemoryLink.pair(new SplittableRandom(1));
    Collecting answers = new Collecting();
    pair[0].start(answers);
    int[] ends = {0};
    Consumer<SpdyStream> opened =
        stream -> {
          int[] over = {0};
          stream.handlers(
              bytes -> {
                if (over[0] > 0 || bytes.length() == 0) {
                  throw new AssertionError("data of " + bytes.length() + " after the end");
                }
                stream.write(bytes);
              },
              () -> over[0]++,
              _ -> over[0]++,
              () -> {});
          stream.resume();
        };
    SpdySession session =
        new SpdySession(pair[1], true, opened, _ -> assertThat(++ends[0]).isEqualTo(1), () -> {});
    send(pair, input);
    assertThat(session.openStreams()).isLessThanOrEqualTo(1000);
    assertThat(answers.bytes.length()).isLessThan(GREETING + 8 * input.length);
  }

  private static void send(MemoryLink[] pair, byte[] input) {
    pair[0].resume();
    pair[1].resume();
    if (input.length > 0) {
      pair[0].write(Buffer.buffer(input));
    }
    MemoryLink.pump(pair);
    pair[0].close();
    MemoryLink.pump(pair);
  }

  private static class Quiet implements ByteLink.Receiver {
    @Override
    public void bytes(Buffer bytes) {}

    @Override
    public void closed(@Nullable Throwable cause) {}

    @Override
    public void gone() {}

    @Override
    public void drained() {}
  }

  private static final class Collecting extends Quiet {
    private final Buffer bytes = Buffer.buffer();

    @Override
    public void bytes(Buffer more) {
      bytes.appendBuffer(more);
    }
  }
}
