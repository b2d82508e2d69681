package dev.coracle.kubelet.server.internal.spdy;

import static dev.coracle.kubelet.server.internal.spdy.SpdyFrame.Codes.FLAG_FIN;
import static dev.coracle.kubelet.server.internal.spdy.SpdyFrame.Codes.FLAG_UNIDIRECTIONAL;

import dev.coracle.kubelet.server.internal.spdy.SpdyFrame.Codes;
import io.vertx.core.buffer.Buffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Bytes to frames, however they are cut. Control frames are collected whole, up to a bound; data
 * frames are handed out as their bytes arrive, so a frame of 16 MiB needs no memory. Frames of
 * unknown types are skipped. Not thread-safe.
 */
final class SpdyDecoder {
  private static final int HEAD = 8;
  private static final int MAX_CONTROL = 64 * 1024;
  private static final int MASK = 0x7fffffff;

  private final SpdyHeaderBlock headers;
  private final Consumer<SpdyFrame> frames;
  private Buffer pending = Buffer.buffer();
  private int dataStream;
  private int dataLeft;
  private boolean dataFin;

  SpdyDecoder(SpdyHeaderBlock headers, Consumer<SpdyFrame> frames) {
    this.headers = headers;
    this.frames = frames;
  }

  /** Takes the next bytes. Throws {@link SpdyException} when the session can't go on. */
  void feed(Buffer bytes) {
    Buffer input = pending.length() == 0 ? bytes : pending.appendBuffer(bytes);
    pending = Buffer.buffer();
    int at = 0;
    while (at < input.length()) {
      if (dataLeft > 0) {
        int length = Math.min(dataLeft, input.length() - at);
        dataLeft -= length;
        frames.accept(
            new SpdyFrame.Data(
                dataStream, dataFin && dataLeft == 0, input.getBuffer(at, at + length)));
        at += length;
        continue;
      }
      if (input.length() - at < HEAD) {
        break;
      }
      int first = input.getInt(at);
      int second = input.getInt(at + 4);
      int flags = second >>> 24;
      int length = second & 0xffffff;
      if (first >= 0) {
        at += HEAD;
        startData(first, flags, length);
        continue;
      }
      if (length > MAX_CONTROL) {
        throw new SpdyException("control frame of " + length + " bytes");
      }
      if (input.length() - at < HEAD + length) {
        break;
      }
      control(first, flags, input.getBuffer(at + HEAD, at + HEAD + length));
      at += HEAD + length;
    }
    if (at < input.length()) {
      pending = input.getBuffer(at, input.length());
    }
  }

  private void startData(int streamId, int flags, int length) {
    dataStream = streamId;
    dataLeft = length;
    dataFin = (flags & FLAG_FIN) != 0;
    if (length == 0) {
      frames.accept(new SpdyFrame.Data(streamId, dataFin, Buffer.buffer()));
    }
  }

  private void control(int first, int flags, Buffer body) {
    int version = first >>> 16 & 0x7fff;
    if (version != 3) {
      throw new SpdyException("unsupported SPDY version " + version);
    }
    boolean fin = (flags & FLAG_FIN) != 0;
    try {
      switch (first & 0xffff) {
        case Codes.SYN_STREAM ->
            frames.accept(
                new SpdyFrame.SynStream(
                    id(body, 0),
                    id(body, 4),
                    body.getByte(8) >>> 5 & 7,
                    fin,
                    (flags & FLAG_UNIDIRECTIONAL) != 0,
                    block(body, 10)));
        case Codes.SYN_REPLY ->
            frames.accept(new SpdyFrame.SynReply(id(body, 0), fin, block(body, 4)));
        case Codes.HEADERS ->
            frames.accept(new SpdyFrame.Headers(id(body, 0), fin, block(body, 4)));
        case Codes.RST_STREAM ->
            frames.accept(new SpdyFrame.RstStream(id(body, 0), body.getInt(4)));
        case Codes.GOAWAY -> frames.accept(new SpdyFrame.GoAway(id(body, 0), body.getInt(4)));
        case Codes.WINDOW_UPDATE ->
            frames.accept(new SpdyFrame.WindowUpdate(id(body, 0), id(body, 4)));
        case Codes.PING -> frames.accept(new SpdyFrame.Ping(body.getInt(0)));
        case Codes.SETTINGS -> frames.accept(settings(body));
        default -> {
          // The draft asks to ignore what one does not know.
        }
      }
    } catch (IndexOutOfBoundsException e) {
      throw new SpdyException("truncated control frame of type " + (first & 0xffff));
    }
  }

  private static SpdyFrame.Settings settings(Buffer body) {
    Map<Integer, Integer> values = new LinkedHashMap<>();
    int count = body.getInt(0);
    for (int i = 0; i < count; i++) {
      values.put(body.getInt(4 + 8 * i) & 0xffffff, body.getInt(8 + 8 * i));
    }
    return new SpdyFrame.Settings(values);
  }

  private Map<String, String> block(Buffer body, int from) {
    return headers.decompress(body.getBuffer(from, body.length()));
  }

  private static int id(Buffer body, int at) {
    return body.getInt(at) & MASK;
  }
}
