package dev.coracle.kubelet.server.internal.spdy;

import static dev.coracle.kubelet.server.internal.spdy.SpdyFrame.Codes.FLAG_FIN;
import static dev.coracle.kubelet.server.internal.spdy.SpdyFrame.Codes.FLAG_UNIDIRECTIONAL;

import dev.coracle.kubelet.server.internal.spdy.SpdyFrame.Codes;
import io.vertx.core.buffer.Buffer;

/**
 * Frames to bytes. Frames must be encoded in the order in which they are sent (header compression
 * has memory).
 */
final class SpdyEncoder {
  private static final int VERSION = 3;

  private final SpdyHeaderBlock headers;

  SpdyEncoder(SpdyHeaderBlock headers) {
    this.headers = headers;
  }

  Buffer encode(SpdyFrame frame) {
    return switch (frame) {
      case SpdyFrame.Data d ->
          Buffer.buffer(8 + d.bytes().length())
              .appendInt(d.streamId())
              .appendInt((d.fin() ? FLAG_FIN << 24 : 0) | d.bytes().length())
              .appendBuffer(d.bytes());
      case SpdyFrame.SynStream s ->
          control(
              Codes.SYN_STREAM,
              (s.fin() ? FLAG_FIN : 0) | (s.unidirectional() ? FLAG_UNIDIRECTIONAL : 0),
              Buffer.buffer()
                  .appendInt(s.streamId())
                  .appendInt(s.associatedTo())
                  .appendByte((byte) (s.priority() << 5))
                  .appendByte((byte) 0)
                  .appendBuffer(headers.compress(s.headers())));
      case SpdyFrame.SynReply s ->
          control(
              Codes.SYN_REPLY,
              s.fin() ? FLAG_FIN : 0,
              Buffer.buffer().appendInt(s.streamId()).appendBuffer(headers.compress(s.headers())));
      case SpdyFrame.Headers h ->
          control(
              Codes.HEADERS,
              h.fin() ? FLAG_FIN : 0,
              Buffer.buffer().appendInt(h.streamId()).appendBuffer(headers.compress(h.headers())));
      case SpdyFrame.RstStream r -> pair(Codes.RST_STREAM, r.streamId(), r.status());
      case SpdyFrame.GoAway g -> pair(Codes.GOAWAY, g.lastGoodStreamId(), g.status());
      case SpdyFrame.WindowUpdate w -> pair(Codes.WINDOW_UPDATE, w.streamId(), w.delta());
      case SpdyFrame.Ping p -> control(Codes.PING, 0, Buffer.buffer().appendInt(p.id()));
      case SpdyFrame.Settings s -> {
        Buffer body = Buffer.buffer().appendInt(s.values().size());
        s.values().forEach((id, value) -> body.appendInt(id).appendInt(value));
        yield control(Codes.SETTINGS, 0, body);
      }
    };
  }

  private static Buffer pair(int type, int first, int second) {
    return control(type, 0, Buffer.buffer().appendInt(first).appendInt(second));
  }

  private static Buffer control(int type, int flags, Buffer body) {
    return Buffer.buffer(8 + body.length())
        .appendInt(0x80000000 | VERSION << 16 | type)
        .appendInt(flags << 24 | body.length())
        .appendBuffer(body);
  }
}
