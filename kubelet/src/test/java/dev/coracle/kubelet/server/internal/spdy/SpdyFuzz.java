package dev.coracle.kubelet.server.internal.spdy;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

/** SPDY/3.1 from anybody: frames, or a {@code SpdyException}; however the bytes are cut. */
class SpdyFuzz {

  @FuzzTest(maxDuration = "60s")
  void frames(byte[] input) {
    decode(input);
    decode(reply(input));
  }

  /** A SYN_REPLY with this header block, compressed, which bytes made by chance hardly ever are. */
  private static byte[] reply(byte[] headers) {
    byte[] block = new byte[headers.length + 200];
    int length;
    try (Deflater deflater = new Deflater()) {
      deflater.setDictionary(SpdyDictionary.bytes());
      deflater.setInput(headers);
      length = deflater.deflate(block, 0, block.length, Deflater.SYNC_FLUSH);
    }
    return Buffer.buffer(new byte[] {(byte) 0x80, 3, 0, 2})
        .appendInt(4 + length)
        .appendInt(1)
        .appendBytes(block, 0, length)
        .getBytes();
  }

  private static byte[] session() {
    try (SpdyHeaderBlock headers = new SpdyHeaderBlock()) {
      SpdyEncoder encoder = new SpdyEncoder(headers);
      Buffer out = Buffer.buffer();
      for (SpdyFrame frame :
          List.of(
              new SpdyFrame.SynStream(1, 0, 0, false, false, Map.of("streamtype", "stdin")),
              new SpdyFrame.SynReply(1, false, Map.of()),
              new SpdyFrame.Headers(1, false, Map.of("a", "b")),
              new SpdyFrame.Data(1, false, Buffer.buffer("hello")),
              new SpdyFrame.Settings(Map.of(4, 100)),
              new SpdyFrame.WindowUpdate(1, 65536),
              new SpdyFrame.Ping(7),
              new SpdyFrame.Data(1, true, Buffer.buffer()),
              new SpdyFrame.RstStream(1, 5),
              new SpdyFrame.GoAway(1, 0))) {
        out.appendBuffer(encoder.encode(frame));
      }
      return out.getBytes();
    }
  }

  @Test
  void sessions() throws InterruptedException {
    new Fuzzer()
        .seed(session())
        .seed(new byte[] {(byte) 0x80, 3, 0, 4, 0, 0, 0, 4, 0x7f, -1, -1, -1})
        .words("\u0001", "\u007f\u00ff\u00ff\u00ff")
        .run(SpdyFuzz::decode);
  }

  /** 2 GiB were made room for, on the word of a peer. */
  @Test
  void aHeaderLongerThanItsBlockIsRefusedBeforeThereIsRoomForIt() throws InterruptedException {
    new Fuzzer()
        .seed(reply(new byte[] {0, 0, 0, 1, 0x7f, (byte) 0xff, (byte) 0xff, 0, 'a'}))
        .percent(0)
        .run(input ->
            assertThat(feed(input, Integer.MAX_VALUE)).isEqualTo("truncated header block"));
  }

  private static void decode(byte[] input) {
    String whole = feed(input, Integer.MAX_VALUE);
    String cut = feed(input, 67);
    // A data frame may come in several pieces, all else is the same.
    if (!cut.equals(whole)) {
      throw new AssertionError(cut + " instead of " + whole);
    }
  }

  private static String feed(byte[] input, int piece) {
    try (SpdyHeaderBlock headers = new SpdyHeaderBlock()) {
      StringBuilder seen = new StringBuilder();
      SpdyDecoder decoder =
          new SpdyDecoder(
              headers,
              frame -> {
                if (!(frame instanceof SpdyFrame.Data)) {
                  seen.append(frame).append('\n');
                }
              });
      try {
        for (int at = 0; at < input.length; ) {
          int to = (int) Math.min(input.length, (long) at + piece);
          decoder.feed(Buffer.buffer(java.util.Arrays.copyOfRange(input, at, to)));
          at = to;
        }
      } catch (SpdyException e) {
        seen.append(e.getMessage());
      }
      return seen.toString();
    }
  }
}
