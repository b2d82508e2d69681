package dev.coracle.kubelet.server.internal.stream;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * One end of a conversation over numbered channels ({@link Channels}), each a byte stream both ways
 * with back-pressure. On one event loop. Nothing is delivered before {@link #start}.
 */
public interface ChannelLink {
  /** What the far side does. */
  interface Listener {
    void data(int channel, Buffer bytes);

    /** The far side sends no more on this channel. */
    void ended(int channel);

    /** There may be room to write again on any channel. */
    void drained();

    /** After everything was delivered: the conversation is over. Called once. */
    void closed(@Nullable Throwable cause);

    /** At once: the far side is gone, nothing written arrives any more. */
    void gone();
  }

  void start(Listener listener);

  void send(int channel, Buffer bytes);

  /** We send no more on this channel, as far as the protocol can say so. */
  void end(int channel);

  boolean writeQueueFull(int channel);

  void pause(int channel);

  void resume(int channel);

  /** Ends all channels and the conversation, after what is written. */
  void close();
}
