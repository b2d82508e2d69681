package dev.coracle.kubelet.server.internal.spdy;

import dev.coracle.kubelet.server.internal.link.ByteLink;
import dev.coracle.kubelet.server.internal.spdy.SpdyFrame.Codes;
import io.vertx.core.buffer.Buffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A SPDY/3.1 session over any byte link: a socket, or a WebSocket that tunnels SPDY. Belongs to one
 * event loop, on which the streams deliver.
 *
 * <p>Flow control. Our side announces windows of {@link #RECEIVE_WINDOW} per stream and gives them
 * back as bytes are consumed. The peer's windows are obeyed from the moment it shows that it has
 * some (a WINDOW_UPDATE, or an initial window in SETTINGS): the Go implementation behind kubectl
 * and containerd neither sends nor obeys any, so waiting for its updates would hang after 64 KiB;
 * towards it the socket's own back-pressure is what holds us, and against it reading stops while
 * {@link #MAX_BUFFERED} bytes wait (ADR 0030).
 */
public final class SpdySession {
  /** Largest data frame we send. */
  static final int MAX_DATA = 16 * 1024;

  /** Window announced per stream. */
  static final int RECEIVE_WINDOW = 256 * 1024;

  /** Received bytes that may wait in all streams together before the socket is paused. */
  static final int MAX_BUFFERED = 512 * 1024;

  private static final int DEFAULT_WINDOW = 64 * 1024;
  private static final int MAX_STREAMS = 1000;

  private final ByteLink link;
  private final boolean server;
  private final SpdyHeaderBlock headerBlock = new SpdyHeaderBlock();
  private final SpdyEncoder encoder = new SpdyEncoder(headerBlock);
  private final SpdyDecoder decoder = new SpdyDecoder(headerBlock, this::received);
  private final Map<Integer, SpdyStream> streams = new HashMap<>();
  private final Consumer<SpdyStream> onStream;
  private final Consumer<@Nullable Throwable> onClose;

  private int nextStreamId;
  private int lastPeerStreamId;
  private int initialSendWindow = DEFAULT_WINDOW;
  private int sessionSendWindow = DEFAULT_WINDOW;
  private boolean peerHasWindows;
  private int bufferedBytes;
  private int unacknowledged;
  private boolean socketPaused;
  private boolean goAwayReceived;
  private boolean goAwaySent;
  private boolean closed;

  /**
   * Starts a session; bytes flow from the next event on.
   *
   * @param server whether the peer opened the connection
   * @param onStream called for each stream the peer opens; it is accepted already
   * @param onClose called once, when the bytes ended or the protocol was broken (then with the
   *     cause). The owner closes the link.
   * @param onGone called at once when nothing written arrives any more, maybe before the last bytes
   *     are delivered
   */
  public SpdySession(
      ByteLink link,
      boolean server,
      Consumer<SpdyStream> onStream,
      Consumer<@Nullable Throwable> onClose,
      Runnable onGone) {
    this.link = link;
    this.server = server;
    this.onStream = onStream;
    this.onClose = onClose;
    this.nextStreamId = server ? 2 : 1;
    send(new SpdyFrame.Settings(Map.of(Codes.SETTING_INITIAL_WINDOW_SIZE, RECEIVE_WINDOW)));
    send(new SpdyFrame.WindowUpdate(0, RECEIVE_WINDOW));
    link.start(
        new ByteLink.Receiver() {
          @Override
          public void bytes(Buffer bytes) {
            feed(bytes);
          }

          @Override
          public void closed(@Nullable Throwable cause) {
            close(cause);
          }

          @Override
          public void gone() {
            onGone.run();
          }

          @Override
          public void drained() {
            SpdySession.this.drained();
          }
        });
  }

  /** Opens a stream. */
  public SpdyStream open(Map<String, String> headers) {
    if (closed || goAwayReceived) {
      throw new SpdyException("session is closed");
    }
    SpdyStream stream = new SpdyStream(this, nextStreamId, headers, initialSendWindow, false);
    nextStreamId += 2;
    streams.put(stream.id(), stream);
    send(new SpdyFrame.SynStream(stream.id(), 0, 0, false, false, headers));
    return stream;
  }

  /** Tells the peer that no more streams are taken. */
  public void goAway() {
    if (!goAwaySent) {
      goAwaySent = true;
      send(new SpdyFrame.GoAway(lastPeerStreamId, 0));
    }
  }

  /** Streams open in at least one direction. */
  public int openStreams() {
    return streams.size();
  }

  /** Forgets the session: streams end with a reset. The socket is the owner's to close. */
  public void close(@Nullable Throwable cause) {
    if (closed) {
      return;
    }
    closed = true;
    for (SpdyStream stream : List.copyOf(streams.values())) {
      stream.resetReceived(cause);
    }
    headerBlock.close();
    onClose.accept(cause);
  }

  boolean writeQueueFull() {
    return !closed && link.writeQueueFull();
  }

  // ---- called by streams ----

  void send(SpdyFrame frame) {
    if (!closed) {
      link.write(encoder.encode(frame));
    }
  }

  void sendData(int streamId, Buffer bytes, boolean fin) {
    sessionSendWindow -= bytes.length();
    send(new SpdyFrame.Data(streamId, fin, bytes));
  }

  /** Whether the peer has shown that it knows windows. One that does not gets no updates either. */
  boolean peerHasWindows() {
    return peerHasWindows;
  }

  /** How many bytes a stream with this window may send now. */
  int sendAllowance(int streamWindow) {
    return peerHasWindows ? Math.min(streamWindow, sessionSendWindow) : Integer.MAX_VALUE;
  }

  void buffered(int bytes) {
    bufferedBytes += bytes;
    if (bufferedBytes > MAX_BUFFERED && !socketPaused) {
      socketPaused = true;
      link.pause();
    }
  }

  void consumed(int bytes) {
    bufferedBytes -= bytes;
    unacknowledged += bytes;
    if (peerHasWindows && unacknowledged >= DEFAULT_WINDOW / 2) {
      send(new SpdyFrame.WindowUpdate(0, unacknowledged));
      unacknowledged = 0;
    }
    if (socketPaused && bufferedBytes <= MAX_BUFFERED / 2 && !closed) {
      socketPaused = false;
      link.resume();
    }
  }

  void removed(SpdyStream stream) {
    streams.remove(stream.id());
  }

  // ---- bytes from the peer ----

  private void feed(Buffer bytes) {
    if (closed) {
      return;
    }
    try {
      decoder.feed(bytes);
    } catch (SpdyException e) {
      send(new SpdyFrame.GoAway(lastPeerStreamId, 1));
      close(e);
    }
  }

  private void received(SpdyFrame frame) {
    if (closed) {
      return;
    }
    switch (frame) {
      case SpdyFrame.SynStream f -> opened(f);
      case SpdyFrame.SynReply f -> {
        SpdyStream stream = streams.get(f.streamId());
        if (stream != null) {
          stream.replyReceived();
          if (f.fin()) {
            stream.received(Buffer.buffer(), true);
          }
        }
      }
      case SpdyFrame.Data f -> data(f);
      case SpdyFrame.Headers f -> {
        SpdyStream stream = streams.get(f.streamId());
        if (stream != null && f.fin()) {
          stream.received(Buffer.buffer(), true);
        }
      }
      case SpdyFrame.RstStream f -> {
        SpdyStream stream = streams.get(f.streamId());
        if (stream != null) {
          stream.resetReceived(new SpdyException("stream was reset, status " + f.status()));
        }
      }
      case SpdyFrame.Ping f -> {
        // Odd ids are the client's: answer the peer's, ignore answers to ours.
        if ((f.id() & 1) == (server ? 1 : 0)) {
          send(f);
        }
      }
      case SpdyFrame.Settings f -> settings(f);
      case SpdyFrame.WindowUpdate f -> windowUpdate(f);
      case SpdyFrame.GoAway f -> goAwayReceived = true;
    }
  }

  private void opened(SpdyFrame.SynStream f) {
    boolean peerId = (f.streamId() & 1) == (server ? 1 : 0);
    if (!peerId || f.streamId() <= lastPeerStreamId) {
      send(new SpdyFrame.RstStream(f.streamId(), Codes.PROTOCOL_ERROR));
      return;
    }
    lastPeerStreamId = f.streamId();
    if (streams.size() >= MAX_STREAMS || goAwaySent) {
      send(new SpdyFrame.RstStream(f.streamId(), Codes.REFUSED_STREAM));
      return;
    }
    SpdyStream stream = new SpdyStream(this, f.streamId(), f.headers(), initialSendWindow, true);
    streams.put(f.streamId(), stream);
    send(new SpdyFrame.SynReply(f.streamId(), false, Map.of()));
    onStream.accept(stream);
    if (f.fin()) {
      stream.received(Buffer.buffer(), true);
    }
  }

  private void data(SpdyFrame.Data f) {
    SpdyStream stream = streams.get(f.streamId());
    if (stream != null) {
      stream.received(f.bytes(), f.fin());
    } else {
      // For a stream that is gone: the session's window is given back all the same.
      bufferedBytes += f.bytes().length();
      consumed(f.bytes().length());
    }
  }

  private void settings(SpdyFrame.Settings f) {
    Integer window = f.values().get(Codes.SETTING_INITIAL_WINDOW_SIZE);
    if (window != null) {
      int change = window - initialSendWindow;
      initialSendWindow = window;
      streams.values().forEach(s -> s.sendWindow += change);
      peerHasWindows = true;
      drained();
    }
  }

  private void windowUpdate(SpdyFrame.WindowUpdate f) {
    peerHasWindows = true;
    if (f.streamId() == 0) {
      sessionSendWindow += f.delta();
    } else {
      SpdyStream stream = streams.get(f.streamId());
      if (stream != null) {
        stream.sendWindow += f.delta();
      }
    }
    drained();
  }

  private void drained() {
    for (SpdyStream stream : List.copyOf(streams.values())) {
      stream.flush();
      stream.drained();
    }
  }
}
