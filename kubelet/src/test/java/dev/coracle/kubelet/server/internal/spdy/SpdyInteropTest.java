package dev.coracle.kubelet.server.internal.spdy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyGoAwayFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySettingsFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdyWindowUpdateFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySettingsFrame;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import io.netty.handler.codec.spdy.SpdyWindowUpdateFrame;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.Adler32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The codec against an independent one: Netty's. */
class SpdyInteropTest {
  private final SpdyHeaderBlock block = new SpdyHeaderBlock();
  private final SpdyEncoder encoder = new SpdyEncoder(block);
  private final List<SpdyFrame> decoded = new ArrayList<>();
  private final SpdyDecoder decoder = new SpdyDecoder(block, decoded::add);
  private final EmbeddedChannel netty =
      new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));

  @AfterEach
  void close() {
    netty.finishAndReleaseAll();
    block.close();
  }

  @Test
  void theDictionaryIsTheProtocols() {
    Adler32 adler = new Adler32();
    adler.update(SpdyDictionary.bytes());
    assertThat(SpdyDictionary.bytes()).hasSize(1423);
    assertThat(adler.getValue()).isEqualTo(0xe3c6a7c2L);
  }

  private <T> T toNetty(SpdyFrame frame) {
    netty.writeInbound(Unpooled.wrappedBuffer(encoder.encode(frame).getBytes()));
    T read = netty.readInbound();
    return read;
  }

  @Test
  void nettyReadsWhatWeWrite() {
    for (int id = 1; id < 9; id += 2) { // several blocks: compression remembers
      SpdySynStreamFrame syn =
          toNetty(
              new SpdyFrame.SynStream(
                  id, 0, 3, true, false, headers("streamtype", "error", "port", "80" + id)));
      assertThat(syn.streamId()).isEqualTo(id);
      assertThat(syn.priority()).isEqualTo((byte) 3);
      assertThat(syn.isLast()).isTrue();
      assertThat(syn.headers().getAsString("streamtype")).isEqualTo("error");
      assertThat(syn.headers().getAsString("port")).isEqualTo("80" + id);
    }
    SpdySynReplyFrame reply = toNetty(new SpdyFrame.SynReply(1, false, Map.of()));
    assertThat(reply.streamId()).isEqualTo(1);
    SpdyDataFrame data = toNetty(new SpdyFrame.Data(1, true, Buffer.buffer("hello")));
    assertThat(data.content().toString(java.nio.charset.StandardCharsets.UTF_8)).isEqualTo("hello");
    assertThat(data.isLast()).isTrue();
    data.release();
    SpdyRstStreamFrame reset = toNetty(new SpdyFrame.RstStream(1, 5));
    assertThat(reset.status().code()).isEqualTo(5);
    SpdyWindowUpdateFrame window = toNetty(new SpdyFrame.WindowUpdate(0, 4711));
    assertThat(window.deltaWindowSize()).isEqualTo(4711);
    SpdyPingFrame ping = toNetty(new SpdyFrame.Ping(7));
    assertThat(ping.id()).isEqualTo(7);
    SpdySettingsFrame settings = toNetty(new SpdyFrame.Settings(Map.of(7, 65536)));
    assertThat(settings.getValue(SpdySettingsFrame.SETTINGS_INITIAL_WINDOW_SIZE)).isEqualTo(65536);
    SpdyGoAwayFrame goAway = toNetty(new SpdyFrame.GoAway(3, 0));
    assertThat(goAway.lastGoodStreamId()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void weReadWhatNettyWritesHoweverItIsCut(long seed) {
    Buffer wire = Buffer.buffer();
    List<SpdyFrame> expected = new ArrayList<>();
    for (int id = 1; id < 40; id += 2) {
      DefaultSpdySynStreamFrame syn = new DefaultSpdySynStreamFrame(id, 0, (byte) 2);
      syn.headers().add("streamtype", "data");
      syn.headers().add("requestid", "r" + id);
      fromNetty(wire, syn);
      expected.add(
          new SpdyFrame.SynStream(
              id, 0, 2, false, false, headers("streamtype", "data", "requestid", "r" + id)));
      fromNetty(wire, new DefaultSpdySynReplyFrame(id));
      expected.add(new SpdyFrame.SynReply(id, false, Map.of()));
      fromNetty(wire, new DefaultSpdyPingFrame(id));
      expected.add(new SpdyFrame.Ping(id));
      fromNetty(wire, new DefaultSpdyWindowUpdateFrame(id, 10 * id));
      expected.add(new SpdyFrame.WindowUpdate(id, 10 * id));
      fromNetty(wire, new DefaultSpdyRstStreamFrame(id, 1));
      expected.add(new SpdyFrame.RstStream(id, 1));
    }
    fromNetty(wire, new DefaultSpdySettingsFrame().setValue(7, 1234));
    expected.add(new SpdyFrame.Settings(Map.of(7, 1234)));
    fromNetty(wire, new DefaultSpdyGoAwayFrame(9, 0));
    expected.add(new SpdyFrame.GoAway(9, 0));
    SplittableRandom random = new SplittableRandom(seed);
    for (int at = 0; at < wire.length(); ) {
      int to = Math.min(wire.length(), at + 1 + random.nextInt(40));
      decoder.feed(wire.getBuffer(at, to));
      at = to;
    }
    assertThat(decoded).as("seed %s", seed).isEqualTo(expected);
  }

  @Test
  void dataIsHandedOutInPieces() {
    Buffer wire = Buffer.buffer();
    DefaultSpdyDataFrame frame =
        new DefaultSpdyDataFrame(5, Unpooled.wrappedBuffer("abcdef".getBytes()));
    frame.setLast(true);
    fromNetty(wire, frame);
    decoder.feed(wire.getBuffer(0, 10));
    decoder.feed(wire.getBuffer(10, wire.length()));
    assertThat(decoded)
        .containsExactly(
            new SpdyFrame.Data(5, false, Buffer.buffer("ab")),
            new SpdyFrame.Data(5, true, Buffer.buffer("cdef")));
  }

  private void fromNetty(Buffer wire, Object frame) {
    netty.writeOutbound(frame);
    for (ByteBuf out = netty.readOutbound(); out != null; out = netty.readOutbound()) {
      byte[] bytes = new byte[out.readableBytes()];
      out.readBytes(bytes);
      out.release();
      wire.appendBytes(bytes);
    }
  }

  private static Map<String, String> headers(String... pairs) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      headers.put(pairs[i], pairs[i + 1]);
    }
    return headers;
  }
}
