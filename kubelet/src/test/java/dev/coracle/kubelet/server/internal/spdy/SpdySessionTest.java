package dev.coracle.kubelet.server.internal.spdy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.server.internal.link.ByteLink;
import dev.coracle.kubelet.server.internal.link.MemoryLink;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams, windows and ends, over a link in memory. */
class SpdySessionTest {
  private final MemoryLink[] link = MemoryLink.pair(new SplittableRandom(7));
  private final List<SpdyStream> accepted = new ArrayList<>();
  private final List<String> serverEvents = new ArrayList<>();
  private final Buffer serverReceived = Buffer.buffer();
  private @Nullable Throwable serverClosedBy;
  private SpdySession server;
  private SpdySession client;

  @BeforeEach
  void start() {
    server =
        new SpdySession(
            link[0],
            true,
            stream -> {
              accepted.add(stream);
              stream.handlers(
                  serverReceived::appendBuffer,
                  () -> serverEvents.add("end " + stream.id()),
                  cause -> serverEvents.add("reset " + stream.id()),
                  () -> serverEvents.add("drained"));
            },
            cause -> serverClosedBy = cause,
            () -> {});
    client = new SpdySession(link[1], false, stream -> {}, cause -> {}, () -> {});
    MemoryLink.pump(link);
  }

  @Test
  void aStreamCarriesBytesBothWaysAndEndsEachWayOnItsOwn() {
    List<String> got = new ArrayList<>();
    SpdyStream stream = client.open(Map.of("streamtype", "stdin"));
    stream.handlers(
        b -> got.add(b.toString()), () -> got.add("end"), c -> got.add("reset"), () -> {});
    stream.resume();
    stream.write(Buffer.buffer("to server"));
    stream.end();
    MemoryLink.pump(link);
    SpdyStream other = accepted.getFirst();
    assertThat(other.headers()).containsEntry("streamtype", "stdin");
    other.resume();
    assertThat(serverReceived.toString()).isEqualTo("to server");
    assertThat(serverEvents).containsExactly("end 1");
    other.write(Buffer.buffer("back"));
    other.end();
    MemoryLink.pump(link);
    assertThat(String.join("", got)).isEqualTo("backend");
    assertThat(server.openStreams()).isZero();
    assertThat(client.openStreams()).isZero();
  }

  @Test
  void aPeersWindowIsObeyedOnceItShowsOne() {
    SpdyStream stream = client.open(Map.of());
    stream.write(Buffer.buffer(new byte[2_000_000]));
    MemoryLink.pump(link);
    // The server has announced its window and its stream is paused: no more than the window
    // arrives.
    assertThat(accepted.getFirst().buffered()).isEqualTo(SpdySession.RECEIVE_WINDOW);
    assertThat(stream.writeQueueFull()).isTrue();
    accepted.getFirst().resume();
    MemoryLink.pump(link);
    assertThat(serverReceived.length()).isEqualTo(2_000_000);
    assertThat(stream.writeQueueFull()).isFalse();
  }

  @Test
  void oneStalledStreamDoesNotHoldAnother() {
    SpdyStream stalled = client.open(Map.of());
    SpdyStream lively = client.open(Map.of());
    stalled.write(Buffer.buffer(new byte[1_000_000]));
    MemoryLink.pump(link);
    accepted.get(1).resume();
    lively.write(Buffer.buffer("alive"));
    MemoryLink.pump(link);
    assertThat(serverReceived.toString()).isEqualTo("alive");
  }

  @Test
  void againstAPeerWithoutWindowsTheSocketIsPaused() {
    MemoryLink[] raw = MemoryLink.pair(new SplittableRandom(3));
    List<SpdyStream> streams = new ArrayList<>();
    Buffer got = Buffer.buffer();
    new SpdySession(
        raw[0],
        true,
        s -> {
          streams.add(s);
          s.handlers(got::appendBuffer, () -> {}, c -> {}, () -> {});
        },
        c -> {},
        () -> {});
    raw[1].start(ignore());
    SpdyHeaderBlock block = new SpdyHeaderBlock();
    SpdyEncoder encoder = new SpdyEncoder(block);
    raw[1].write(encoder.encode(new SpdyFrame.SynStream(1, 0, 0, false, false, Map.of())));
    for (int i = 0; i < 100; i++) {
      raw[1].write(
          encoder.encode(new SpdyFrame.Data(1, false, Buffer.buffer(new byte[32 * 1024]))));
    }
    MemoryLink.pump(raw);
    assertThat(streams.getFirst().buffered())
        .isBetween(SpdySession.MAX_BUFFERED, SpdySession.MAX_BUFFERED + 33 * 1024);
    assertThat(raw[1].queued()).isGreaterThan(2_000_000);
    streams.getFirst().resume();
    MemoryLink.pump(raw);
    assertThat(got.length()).isEqualTo(100 * 32 * 1024);
    block.close();
  }

  @Test
  void towardsAPeerWithoutWindowsSendingDoesNotWaitForUpdates() {
    MemoryLink[] raw = MemoryLink.pair(new SplittableRandom(3));
    List<SpdyStream> streams = new ArrayList<>();
    new SpdySession(raw[0], true, streams::add, c -> {}, () -> {});
    int[] received = {0};
    SpdyHeaderBlock block = new SpdyHeaderBlock();
    SpdyDecoder decoder =
        new SpdyDecoder(
            block,
            f -> {
              if (f instanceof SpdyFrame.Data d) {
                received[0] += d.bytes().length();
              }
            });
    raw[1].start(
        new Ignore() {
          @Override
          public void bytes(Buffer bytes) {
            decoder.feed(bytes);
          }
        });
    SpdyHeaderBlock own = new SpdyHeaderBlock();
    raw[1].write(
        new SpdyEncoder(own).encode(new SpdyFrame.SynStream(1, 0, 0, false, false, Map.of())));
    MemoryLink.pump(raw);
    streams.getFirst().write(Buffer.buffer(new byte[1_000_000]));
    MemoryLink.pump(raw);
    assertThat(received[0]).isEqualTo(1_000_000);
    block.close();
    own.close();
  }

  @Test
  void bytesBeforeAResetAreStillDelivered() {
    SpdyStream stream = client.open(Map.of());
    MemoryLink.pump(link);
    stream.write(Buffer.buffer("last words"));
    stream.reset(SpdyFrame.Codes.CANCEL);
    MemoryLink.pump(link);
    assertThat(serverEvents).isEmpty();
    accepted.getFirst().resume();
    assertThat(serverReceived.toString()).isEqualTo("last words");
    assertThat(serverEvents).containsExactly("reset 1");
  }

  @Test
  void nothingIsSentBeforeTheStreamIsAccepted() {
    MemoryLink[] raw = MemoryLink.pair(new SplittableRandom(1));
    SpdySession lone = new SpdySession(raw[0], false, s -> {}, c -> {}, () -> {});
    SpdyStream stream = lone.open(Map.of());
    int before = raw[0].queued();
    stream.write(Buffer.buffer("early"));
    assertThat(raw[0].queued()).isEqualTo(before);
    assertThat(stream.writeQueueFull()).isTrue();
  }

  @Test
  void aWriterThatWaitedForTheReplyIsToldThatItMayGoOn() {
    List<String> events = new ArrayList<>();
    SpdyStream stream = client.open(Map.of());
    stream.handlers(b -> {}, () -> {}, c -> {}, () -> events.add("drained"));
    stream.write(Buffer.buffer("early"));
    assertThat(stream.writeQueueFull()).isTrue();
    MemoryLink.pump(link);
    assertThat(events).containsExactly("drained");
  }

  @Test
  void pingsAreAnswered() {
    List<SpdyFrame> seen = new ArrayList<>();
    MemoryLink[] raw = MemoryLink.pair(new SplittableRandom(3));
    new SpdySession(raw[0], true, s -> {}, c -> {}, () -> {});
    SpdyHeaderBlock block = new SpdyHeaderBlock();
    SpdyDecoder decoder = new SpdyDecoder(block, seen::add);
    raw[1].start(
        new Ignore() {
          @Override
          public void bytes(Buffer bytes) {
            decoder.feed(bytes);
          }
        });
    raw[1].write(new SpdyEncoder(block).encode(new SpdyFrame.Ping(1)));
    raw[1].write(new SpdyEncoder(block).encode(new SpdyFrame.Ping(2)));
    MemoryLink.pump(raw);
    assertThat(seen)
        .filteredOn(f -> f instanceof SpdyFrame.Ping)
        .containsExactly(new SpdyFrame.Ping(1));
    block.close();
  }

  @Test
  void aBrokenPeerEndsTheSessionAndItsStreams() {
    SpdyStream stream = client.open(Map.of());
    MemoryLink.pump(link);
    accepted.getFirst().resume();
    link[1].write(Buffer.buffer(new byte[] {(byte) 0x80, 9, 0, 1, 0, 0, 0, 0}));
    MemoryLink.pump(link);
    assertThat(serverClosedBy).isInstanceOf(SpdyException.class).hasMessageContaining("version 9");
    assertThat(serverEvents).contains("reset " + stream.id());
  }

  private static ByteLink.Receiver ignore() {
    return new Ignore();
  }

  private static class Ignore implements ByteLink.Receiver {
    @Override
    public void bytes(Buffer bytes) {}

    @Override
    public void closed(@Nullable Throwable cause) {}

    @Override
    public void drained() {}
  }
}
