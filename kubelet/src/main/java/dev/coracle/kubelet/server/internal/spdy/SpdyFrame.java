package dev.coracle.kubelet.server.internal.spdy;

import io.vertx.core.buffer.Buffer;
import java.util.Map;

/**
 * A frame of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00, section 2.6). Header names are lower case;
 * several values of one name are joined by NUL.
 */
public sealed interface SpdyFrame {
  /** Opens a stream; {@code priority} 0 (highest) to 7. */
  record SynStream(
      int streamId,
      int associatedTo,
      int priority,
      boolean fin,
      boolean unidirectional,
      Map<String, String> headers)
      implements SpdyFrame {}

  record SynReply(int streamId, boolean fin, Map<String, String> headers) implements SpdyFrame {}

  record RstStream(int streamId, int status) implements SpdyFrame {}

  /** Settings by id. */
  record Settings(Map<Integer, Integer> values) implements SpdyFrame {}

  record Ping(int id) implements SpdyFrame {}

  record GoAway(int lastGoodStreamId, int status) implements SpdyFrame {}

  record Headers(int streamId, boolean fin, Map<String, String> headers) implements SpdyFrame {}

  /** Stream 0 is the session. */
  record WindowUpdate(int streamId, int delta) implements SpdyFrame {}

  /**
   * Bytes of a stream. A decoder may hand out one frame of the wire in several pieces; {@code fin}
   * stands on the last.
   */
  record Data(int streamId, boolean fin, Buffer bytes) implements SpdyFrame {}

  /** Numbers of the protocol. */
  final class Codes {
    static final int SYN_STREAM = 1;
    static final int SYN_REPLY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int HEADERS = 8;
    static final int WINDOW_UPDATE = 9;

    static final int FLAG_FIN = 1;
    static final int FLAG_UNIDIRECTIONAL = 2;
    static final int SETTING_INITIAL_WINDOW_SIZE = 7;

    /** RST_STREAM statuses. */
    public static final int PROTOCOL_ERROR = 1;

    public static final int INVALID_STREAM = 2;
    public static final int REFUSED_STREAM = 3;
    public static final int CANCEL = 5;
    public static final int INTERNAL_ERROR = 6;

    private Codes() {}
  }
}
