package dev.coracle.kubelet.server.internal.link;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import io.vertx.core.buffer.Buffer;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** WebSocket frames from anybody: data, or one end with a cause, and nothing after it. */
class WebSocketFuzz {

  @FuzzTest(maxDuration = "60s")
  void frames(byte[] input) {
    receive(input);
  }

  private static byte[] frame(int first, int length, byte[] body) {
    Buffer out = Buffer.buffer().appendByte((byte) first);
    if (length < 126) {
      out.appendByte((byte) (0x80 | length));
    } else {
      out.appendByte((byte) 0xff).appendLong(length);
    }
    return out.appendInt(0x01020304).appendBytes(body).getBytes();
  }

  @Test
  void messages() throws InterruptedException {
    new Fuzzer()
        .seed(frame(0x82, 5, new byte[] {1, 2, 3, 4, 5}))
        .seed(frame(0x02, 0, new byte[0]))
        .seed(frame(0x80, 200, new byte[200]))
        .seed(frame(0x89, 2, new byte[] {9, 9}))
        .seed(frame(0x88, 2, new byte[] {3, (byte) 0xe8}))
        .run(WebSocketFuzz::receive);
  }

  private static void receive(byte[] input) {
    MemoryLink[] pair = MemoryLink.pair(new SplittableRandom(1));
    pair[0].start(new Quiet());
    boolean[] ended = {false};
    new WebSocket(pair[1], false)
        .start(
            new WebSocket.Listener() {
              @Override
              public void data(Buffer bytes, boolean first, boolean last) {
                if (ended[0] || bytes.length() == 0 && !last) {
                  throw new AssertionError("data of " + bytes.length() + ", ended: " + ended[0]);
                }
              }

              @Override
              public void closed(@Nullable Throwable cause) {
                if (ended[0]) {
                  throw new AssertionError("ended twice");
                }
                ended[0] = true;
              }

              @Override
              public void gone() {}

              @Override
              public void drained() {}
            });
    pair[0].resume();
    pair[1].resume();
    if (input.length > 0) {
      pair[0].write(Buffer.buffer(input));
    }
    MemoryLink.pump(pair);
    pair[0].close();
    MemoryLink.pump(pair);
  }

  private static final class Quiet implements ByteLink.Receiver {
    @Override
    public void bytes(Buffer bytes) {}

    @Override
    public void closed(@Nullable Throwable cause) {}

    @Override
    public void drained() {}
  }
}
