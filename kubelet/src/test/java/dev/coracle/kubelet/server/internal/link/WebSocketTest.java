package dev.coracle.kubelet.server.internal.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebSocketTest {
  /** Puts pieces together again. */
  private static final class Messages implements WebSocket.Listener {
    final List<Buffer> messages = new ArrayList<>();
    final List<String> ends = new ArrayList<>();
    private Buffer current = Buffer.buffer();

    @Override
    public void data(Buffer bytes, boolean first, boolean last) {
      if (first) {
        current = Buffer.buffer();
      }
      current.appendBuffer(bytes);
      if (last) {
        messages.add(current);
      }
    }

    @Override
    public void closed(@Nullable Throwable cause) {
      ends.add(cause == null ? "closed" : String.valueOf(cause.getMessage()));
    }

    @Override
    public void gone() {}

    @Override
    public void drained() {}
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void messagesOfAllSizesArriveHoweverTheyAreCut(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    MemoryLink[] link = MemoryLink.pair(random);
    WebSocket client = new WebSocket(link[0], true);
    WebSocket server = new WebSocket(link[1], false);
    Messages atServer = new Messages();
    Messages atClient = new Messages();
    client.start(atClient);
    server.start(atServer);
    List<Buffer> sent = new ArrayList<>();
    for (int size : new int[] {0, 1, 125, 126, 127, 65535, 65536, 200_000}) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      sent.add(Buffer.buffer(bytes));
      client.sendBinary(Buffer.buffer(bytes));
      server.sendBinary(Buffer.buffer(bytes));
    }
    MemoryLink.pump(link);
    assertThat(atServer.messages).as("seed %s", seed).isEqualTo(sent);
    assertThat(atClient.messages).as("seed %s", seed).isEqualTo(sent);
    client.close(1000, "");
    MemoryLink.pump(link);
    assertThat(atServer.ends).containsExactly("closed");
    assertThat(link[1].closed).isTrue();
  }

  private static Messages serverFed(int... bytes) {
    MemoryLink[] link = MemoryLink.pair(new SplittableRandom(1));
    Messages messages = new Messages();
    new WebSocket(link[1], false).start(messages);
    Buffer wire = Buffer.buffer();
    for (int b : bytes) {
      wire.appendByte((byte) b);
    }
    link[0].write(wire);
    MemoryLink.pump(link);
    return messages;
  }

  @Test
  void fragmentsWithAPingBetweenThemAreOneMessage() {
    // masks of zero leave the payload readable
    Messages messages =
        serverFed(
            0x02, 0x82, 0, 0, 0, 0, 'a', 'b', //
            0x89, 0x81, 0, 0, 0, 0, 'p', //
            0x80, 0x81, 0, 0, 0, 0, 'c');
    assertThat(messages.messages).containsExactly(Buffer.buffer("abc"));
  }

  @Test
  void aPingIsAnsweredWithItsPayload() {
    MemoryLink[] link = MemoryLink.pair(new SplittableRandom(1));
    new WebSocket(link[1], false).start(new Messages());
    Buffer answer = Buffer.buffer();
    link[0].start(
        new ByteLink.Receiver() {
          @Override
          public void bytes(Buffer bytes) {
            answer.appendBuffer(bytes);
          }

          @Override
          public void closed(@Nullable Throwable cause) {}

          @Override
          public void drained() {}
        });
    link[0].write(Buffer.buffer(new byte[] {(byte) 0x89, (byte) 0x82, 0, 0, 0, 0, 'h', 'i'}));
    MemoryLink.pump(link);
    assertThat(answer).isEqualTo(Buffer.buffer(new byte[] {(byte) 0x8a, 2, 'h', 'i'}));
  }

  @Test
  void anUnmaskedClientFrameBreaksTheSocket() {
    Messages messages = serverFed(0x82, 0x01, 'a');
    assertThat(messages.messages).isEmpty();
    assertThat(messages.ends).containsExactly("malformed WebSocket frame");
  }

  @Test
  void aContinuationOfNothingBreaksTheSocket() {
    assertThat(serverFed(0x80, 0x81, 0, 0, 0, 0, 'c').ends)
        .containsExactly("unexpected WebSocket frame");
  }

  @Test
  void theAcceptKeyIsTheRfcsExample() {
    assertThat(WebSocket.accept("dGhlIHNhbXBsZSBub25jZQ=="))
        .isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }
}
