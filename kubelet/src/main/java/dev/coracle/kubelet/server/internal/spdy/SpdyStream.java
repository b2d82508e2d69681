package dev.coracle.kubelet.server.internal.spdy;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a {@link SpdySession}: bytes both ways, each way ended on its own. Used on the
 * session's event loop only.
 *
 * <p>Received bytes wait here while the stream is paused; the session stops reading its socket when
 * all streams together hold too much. Written bytes wait here while the peer's window is used up;
 * {@link #writeQueueFull} tells writers to stop.
 */
public final class SpdyStream {
  private final SpdySession session;
  private final int id;
  private final Map<String, String> headers;

  private final Deque<Buffer> inbox = new ArrayDeque<>();
  private boolean paused = true;
  private boolean remoteEnded;
  private boolean delivering;
  private boolean endDelivered;
  private int unacknowledged;

  private final Deque<Buffer> outbox = new ArrayDeque<>();
  private int outboxBytes;
  private boolean endWanted;
  private boolean endSent;
  private boolean replied;
  private boolean gone;
  private boolean wasReset;
  private @Nullable Throwable resetCause;
  int sendWindow;

  private Consumer<Buffer> handler = b -> {};
  private Runnable endHandler = () -> {};
  private Consumer<@Nullable Throwable> resetHandler = t -> {};
  private Runnable drainHandler = () -> {};

  SpdyStream(
      SpdySession session, int id, Map<String, String> headers, int sendWindow, boolean replied) {
    this.session = session;
    this.id = id;
    this.headers = headers;
    this.sendWindow = sendWindow;
    this.replied = replied;
  }

  public int id() {
    return id;
  }

  /** The headers the stream was opened with. */
  public Map<String, String> headers() {
    return headers;
  }

  /**
   * Handlers for bytes, for the peer's end of stream, for an abnormal end, for writability. A new
   * stream is paused.
   */
  public SpdyStream handlers(
      Consumer<Buffer> onData,
      Runnable onEnd,
      Consumer<@Nullable Throwable> onReset,
      Runnable onDrain) {
    handler = onData;
    endHandler = onEnd;
    resetHandler = onReset;
    drainHandler = onDrain;
    return this;
  }

  public void pause() {
    paused = true;
  }

  public void resume() {
    if (paused) {
      paused = false;
      deliver();
    }
  }

  /**
   * Sends bytes, at once or when the peer's window and its reply allow (Go peers drop what comes
   * before the reply). Bytes after {@link #end} are dropped.
   */
  public void write(Buffer bytes) {
    if (endWanted || gone || bytes.length() == 0) {
      return;
    }
    outbox.add(bytes);
    outboxBytes += bytes.length();
    flush();
  }

  /** Ends our direction once everything written is sent. */
  public void end() {
    if (!endWanted && !gone) {
      endWanted = true;
      flush();
    }
  }

  /** Ends both directions abnormally. */
  public void reset(int status) {
    if (!gone) {
      session.send(new SpdyFrame.RstStream(id, status));
      remove();
    }
  }

  public boolean writeQueueFull() {
    return outboxBytes > 0 || session.writeQueueFull();
  }

  /** Bytes received but not yet handed on. */
  int buffered() {
    return inbox.stream().mapToInt(Buffer::length).sum();
  }

  // ---- called by the session ----

  void received(Buffer bytes, boolean fin) {
    if (remoteEnded) {
      return;
    }
    if (bytes.length() > 0) {
      inbox.add(bytes);
      session.buffered(bytes.length());
    }
    remoteEnded = fin;
    deliver();
  }

  void replyReceived() {
    if (!replied) {
      replied = true;
      flush();
      drained();
    }
  }

  /**
   * Bytes that came before the reset are still delivered: Go peers reset what they have finished.
   */
  void resetReceived(@Nullable Throwable cause) {
    if (!gone) {
      gone = true;
      outbox.clear();
      outboxBytes = 0;
      session.removed(this);
      wasReset = true;
      resetCause = cause;
      deliver();
    }
  }

  void flush() {
    while (replied && !outbox.isEmpty()) {
      int allowed = Math.min(session.sendAllowance(sendWindow), SpdySession.MAX_DATA);
      if (allowed <= 0) {
        return;
      }
      Buffer next = outbox.remove();
      if (next.length() > allowed) {
        outbox.addFirst(next.getBuffer(allowed, next.length()));
        next = next.getBuffer(0, allowed);
      }
      outboxBytes -= next.length();
      sendWindow -= next.length();
      boolean fin = endWanted && outbox.isEmpty();
      endSent = fin;
      session.sendData(id, next, fin);
    }
    if (replied && endWanted && !endSent) {
      endSent = true;
      session.sendData(id, Buffer.buffer(), true);
    }
    removeIfDone();
  }

  void drained() {
    if (!gone && !endWanted && !writeQueueFull()) {
      drainHandler.run();
    }
  }

  /**
   * Hands on what has come. Handing on may resume the socket and so bring more: that is left to the
   * loop that already runs.
   */
  private void deliver() {
    if (delivering) {
      return;
    }
    delivering = true;
    while (!paused && !inbox.isEmpty()) {
      Buffer next = inbox.remove();
      handler.accept(next);
      session.consumed(next.length());
      acknowledge(next.length());
    }
    delivering = false;
    if (paused || !inbox.isEmpty() || endDelivered) {
      return;
    }
    if (remoteEnded) {
      endDelivered = true;
      endHandler.run();
      removeIfDone();
    } else if (wasReset) {
      endDelivered = true;
      resetHandler.accept(resetCause);
    }
  }

  private void acknowledge(int bytes) {
    unacknowledged += bytes;
    if (!remoteEnded
        && !gone
        && session.peerHasWindows()
        && unacknowledged >= SpdySession.RECEIVE_WINDOW / 2) {
      session.send(new SpdyFrame.WindowUpdate(id, unacknowledged));
      unacknowledged = 0;
    }
  }

  private void removeIfDone() {
    if (endSent && endDelivered && !gone) {
      remove();
    }
  }

  private void remove() {
    gone = true;
    session.consumed(buffered());
    inbox.clear();
    outbox.clear();
    outboxBytes = 0;
    session.removed(this);
  }
}
