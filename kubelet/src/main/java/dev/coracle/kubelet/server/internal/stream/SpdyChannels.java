package dev.coracle.kubelet.server.internal.stream;

import dev.coracle.kubelet.server.internal.spdy.SpdyStream;
import io.vertx.core.buffer.Buffer;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Channels that are streams of a SPDY session, one each. When the conversation is over depends on
 * who is at the far side, so the caller says which channels' ends and resets mean that.
 */
final class SpdyChannels implements ChannelLink {
  private final Map<Integer, SpdyStream> streams;
  private final Set<Integer> open;
  private final Set<Integer> resets;
  private final Runnable onClose;
  private final Set<Integer> sent = new HashSet<>();
  private @Nullable Listener listener;
  private boolean closedDelivered;
  private boolean lost;

  /**
   * @param streams by channel
   * @param ends channels whose ends (or resets) together mean that the far side is finished; empty
   *     for none
   * @param resets channels of which a single reset means that the far side has given up, unless we
   *     have ended them: kubectl resets the bytes it has had all of, and then waits for the error
   * @param onClose closes what carries the streams, after they have been ended
   */
  SpdyChannels(
      Map<Integer, SpdyStream> streams, Set<Integer> ends, Set<Integer> resets, Runnable onClose) {
    this.streams = Map.copyOf(streams);
    this.open = new HashSet<>(ends);
    this.resets = Set.copyOf(resets);
    this.onClose = onClose;
  }

  @Override
  public void start(Listener l) {
    listener = l;
    streams.forEach((channel, stream) ->
        stream.handlers(
            bytes -> l.data(channel, bytes),
            () -> {
              l.ended(channel);
              over(channel, null, false);
            },
            cause -> {
              l.ended(channel);
              over(channel, cause, resets.contains(channel) && !sent.contains(channel));
            },
            l::drained));
    if (lost) {
      l.gone();
    }
    streams.values().forEach(SpdyStream::resume);
  }

  /** The session is gone. Streams that still hold bytes deliver them; {@code closed} follows. */
  void sessionGone() {
    lost = true;
    Listener l = listener;
    if (l != null) {
      l.gone();
    }
  }

  private void over(int channel, @Nullable Throwable cause, boolean givenUp) {
    Listener l = listener;
    boolean finished = open.remove(channel) && open.isEmpty();
    if (l != null && (finished || givenUp) && !closedDelivered) {
      closedDelivered = true;
      l.closed(cause);
    }
  }

  @Override
  public void send(int channel, Buffer bytes) {
    SpdyStream stream = streams.get(channel);
    if (stream != null) {
      stream.write(bytes);
    }
  }

  @Override
  public void end(int channel) {
    sent.add(channel);
    SpdyStream stream = streams.get(channel);
    if (stream != null) {
      stream.end();
    }
  }

  @Override
  public boolean writeQueueFull(int channel) {
    SpdyStream stream = streams.get(channel);
    return stream != null && stream.writeQueueFull();
  }

  @Override
  public void pause(int channel) {
    SpdyStream stream = streams.get(channel);
    if (stream != null) {
      stream.pause();
    }
  }

  @Override
  public void resume(int channel) {
    SpdyStream stream = streams.get(channel);
    if (stream != null) {
      stream.resume();
    }
  }

  @Override
  public void close() {
    streams.values().forEach(SpdyStream::end);
    onClose.run();
  }
}
